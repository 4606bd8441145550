"""Which passages an answer cites, whether each was retrieved, and whether they support it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.data import Dataset, Task
from ...core.graders import says
from ...core.passages import Hit
from ...core.protocols import Grader
from ..demonstrations import words
from .context import suspicious

CITED = re.compile(r"\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")

OVERLAP = "shared words"
"""What support is measured by where no grader is given: no proof that a passage says the same."""

SHORT = 3
"""Words of fewer letters do not count as support."""


@dataclass(frozen=True)
class Grounds:
    """What an answer rests on: the passages retrieved, and the places of those that it ``cited``.

    ``unknown`` are numbers that it cited and that no passage has. ``support``, from 0 to 1, is how
    far the cited passages, or all where none is cited, say what the answer says, judged ``by`` a
    grader or by shared words; NaN without an answer or without passages.
    """

    passages: tuple[Hit, ...]
    cited: tuple[int, ...]
    unknown: tuple[int, ...]
    support: float
    by: str

    def sentence(self) -> str:
        """The same in words."""
        if not self.passages:
            return "answered without passages: none was asked for, or none was found"
        named = [self.passages[i].source or f"passage {i + 1}" for i in self.cited]
        cited = f"cites {', '.join(named)}" if named else "cites nothing"
        wrong = f", and {len(self.unknown)} that were not retrieved" if self.unknown else ""
        orders = sum(suspicious(hit.text) for hit in self.passages)
        marked = f"; {orders} of them read like instructions" if orders else ""
        held = "" if self.support != self.support else f"; support {self.support:.2f} by {self.by}"
        return f"{len(self.passages)} passages{marked}, {cited}{wrong}{held}"


def cited(value: str) -> list[int]:
    """The numbers that an answer cites, in order, each once.

    >>> cited("Paris [2, 1] and Rome [2].")
    [2, 1]
    """
    found = [int(n) for group in CITED.findall(value) for n in group.split(",")]
    return list(dict.fromkeys(found))


def checked(value: str, passages: int) -> str:
    """``value`` without citations of anything but its ``passages``, which are numbered from 1.

    >>> checked("Paris [1, 7] and Rome [9].", 2)
    'Paris [1] and Rome.'
    """

    def known(match: re.Match[str]) -> str:
        kept = [n.strip() for n in match[1].split(",") if 1 <= int(n) <= passages]
        return f"{match[0][: len(match[0]) - len(match[0].lstrip())]}[{', '.join(kept)}]" * bool(
            kept
        )

    return CITED.sub(known, value)


def grounds(
    asked: Sequence[str],
    values: Sequence[str],
    passages: Sequence[Sequence[Hit]],
    grader: Grader | None = None,
) -> tuple[Grounds, ...]:
    """What each of ``values``, the answers as they were written, rests on."""
    found, texts = [], []
    for value, hits in zip(values, passages, strict=True):
        numbers = cited(value)
        known = tuple(n - 1 for n in numbers if 1 <= n <= len(hits))
        unknown = tuple(n for n in numbers if not 1 <= n <= len(hits))
        text = "\n".join(hits[i].text for i in known or range(len(hits)))
        texts.append(text)
        found.append((tuple(hits), known, unknown))
    plain = [CITED.sub("", value).strip() for value in values]
    if grader is None:
        support = [overlap(value, text) for value, text in zip(plain, texts, strict=True)]
    else:
        task = Task("support", (), kind="text")
        support = grader.grade(asked, plain, Dataset(task, tuple(asked), tuple(texts))).tolist()
    by = OVERLAP if grader is None else says(grader)
    return tuple(
        Grounds(hits, known, unknown, held if hits and value else float("nan"), by)
        for (hits, known, unknown), held, value in zip(found, support, plain, strict=True)
    )


def overlap(value: str, passages: str) -> float:
    """The share of the longer words of ``value`` that stand in ``passages``; NaN without any.

    >>> overlap("The river Thames", "London lies on the Thames.")
    0.5
    """
    said = [word for word in words(value) if len(word) > SHORT or word.isdigit()]
    have = set(words(passages))
    return sum(word in have for word in said) / len(said) if said else float("nan")
