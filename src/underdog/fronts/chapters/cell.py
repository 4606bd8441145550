"""A cell of the map: a technique, what runs it, ten lines that try it, claimed and reproduced."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

CHAPTERS = (
    "Data curation",
    "Weak-to-strong",
    "Cascading",
    "Routing",
    "Speculative decoding",
    "Evaluation",
    "White-box adaptation",
    "Black-box adaptation",
    "Retrieval",
    "Prompt learning",
    "Deficiency repair",
    "Distillation",
    "Synthesis",
    "Constrained computation",
    "Specific tasks",
    "Interpretability",
    "Are bigger models always better?",
    "David versus Goliath",
)
"""The rows of the survey (Chen & Varoquaux, 2024), and the two studies that underdog began with."""

PREAMBLE = """\
from pathlib import Path

import underdog as ud

words = {"pos": ("great", "lovely", "good", "fine"), "neg": ("awful", "dull", "bad", "poor")}
things = ("film", "plot", "cast", "song", "scene", "score", "joke", "hero", "pace", "end")
lines = ["text,label,gpt4_answer,gpt4_cost"]
for i in range(200):
    label, said = ("pos", "neg")[i % 2], ("pos", "neg")[(i + (i % 11 == 0)) % 2]
    text = f"a {words[label][i // 2 % 4]} {things[i // 8 % 10]} and a {things[i % 10]} ({i})"
    lines.append(f"{text},{label},{said},0.009")
Path("reviews.csv").write_text("\\n".join(lines), "utf-8")

data = ud.read("reviews.csv").data
train, test = data.split(0.3)
partly = train.relabelled([y if i < 40 else None for i, y in enumerate(train.labels)])
"""
"""What every example starts from: a file of reviews, and its parts."""


@dataclass(frozen=True)
class Claim:
    """What a paper or its authors claim: the ``paper``, its ``data`` and the ``number``."""

    paper: str
    data: str
    number: str


@dataclass(frozen=True)
class Found:
    """What a ``command`` printed here: the ``data``, the ``number``, and its 95 % ``interval``
    where one is known. ``page`` is the document of the repository that quotes it.
    """

    data: str
    number: str
    interval: str
    command: str
    page: str


@dataclass(frozen=True)
class Cell:
    """A technique of a ``chapter``: the ``run`` spec or command, the library it ``rests`` on, and
    the lines of an ``example``.

    ``claimed`` and ``found`` are its card; ``note`` is what could not be confirmed, and why.
    """

    chapter: str
    name: str
    technique: str
    run: str
    rests: str
    example: str
    claimed: Claim | None = None
    found: Found | None = None
    note: str = ""

    @property
    def code(self) -> str:
        """The example without its indentation; it starts from `PREAMBLE`."""
        return dedent(self.example).strip()
