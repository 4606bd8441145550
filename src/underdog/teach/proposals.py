"""Questions that tell labels apart, proposed by a model that writes."""

from __future__ import annotations

import re

import numpy as np

from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.protocols import Model
from ..core.reading.reasoning import without_reasoning

MOST = 12
SHOWN = 3
"""Training texts of each label that the writer is shown."""

LONGEST = 300
"""Characters of a text that is shown, and of a question that is taken."""

MARKS = re.compile(r"^[\s\-*•\d.)(\"'“”]+|[\s\"'“”*]+$")


def prompt(data: Dataset, seed: int = 0) -> str:
    """What the writer is asked: the labels with their meanings, and a few texts of each."""
    means, rng = dict(data.task.descriptions), np.random.default_rng(seed)
    lines = [
        f"Texts are sorted into {len(data.task.labels)} groups:",
        "",
        *(
            f"- {label}" + (f": {means[label]}" if label in means else "")
            for label in data.task.labels
        ),
        "",
        "Examples:",
        "",
    ]
    for k, label in enumerate(data.task.labels):
        rows = rng.permutation(np.flatnonzero(data.targets == k))[:SHOWN]
        lines += [f"- {label}: {_short(data.texts[i])}" for i in rows]
    lines += [
        "",
        f"Write {MOST} short questions about a text that can be answered by yes or no without"
        " knowing the groups, and whose answers help to tell the groups apart. One question a"
        " line, nothing else.",
    ]
    return "\n".join(lines)


def proposed(writer: Model, data: Dataset, seed: int = 0) -> tuple[str, ...]:
    """At most `MOST` different yes/no questions that ``writer`` proposes for ``data``'s labels.

    Lines without a question mark are left out. Raises `UnderdogError` where no question is left.
    """
    wrote, _ = without_reasoning(writer.answer([prompt(data, seed)])[0].value)
    found: dict[str, str] = {}
    for line in wrote.splitlines():
        question = MARKS.sub("", line).strip()
        if question.endswith("?") and 8 <= len(question) <= LONGEST:
            found.setdefault(question.casefold(), question)
    if not found:
        raise UnderdogError(
            "no question was proposed: the writer said " + repr(wrote[:80]),
            "write them: questions(MODEL, ['Is it urgent?', 'Is it about money?'])",
        )
    return tuple(found.values())[:MOST]


def _short(text: object) -> str:
    said = " | ".join(text) if isinstance(text, tuple) else str(text)
    said = " ".join(said.split())
    return said if len(said) <= LONGEST else said[:LONGEST] + "…"
