"""Columns of answers: completions read into labels, and how many were read in which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ..answer import Answers
from ..data import Task
from ..description import Fact
from .free import TextReader
from .numbers import NumberReader
from .reader import EXACT, HOWS, UNREAD, Reading, reader
from .sets import SetReader

SHOWN = 160
"""Characters of an answer that are kept to be shown."""

EXAMPLES = 3


class Reads(Protocol):
    """A reader of what models write."""

    def read(self, wrote: str) -> Reading:
        """The answer that ``wrote`` gives, and how it was read."""
        ...


def of_task(task: Task) -> Reads:
    """The reader of answers to ``task``: of its labels and their spellings, or of its kind."""
    if task.kind == "labels":
        return SetReader(task.labels, dict(task.spellings))
    if task.kind == "label":
        return reader(task.labels, task.spellings)
    return NumberReader() if task.kind == "number" else TextReader()


def read_answers(written: Answers, task: Task) -> Answers:
    """``written``, whose values are completions, with the labels that they give."""
    values, readings = read_column(written.values, of_task(task))
    return replace(written, values=values, readings=readings)


def read_column(
    wrote: Sequence[str], by: Reads
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The answer that each of ``wrote`` gives, and how it was read, with what was written (cut)."""
    found = [by.read(text) for text in wrote]
    return tuple([one.label for one in found]), tuple(
        [
            (one.how, "" if one.how == EXACT else _excerpt(text))
            for one, text in zip(found, wrote, strict=True)
        ]
    )


@dataclass(frozen=True)
class Tally:
    """How many answers were read in which way (in the order of `HOWS`), with examples of each."""

    counts: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, readings: Sequence[tuple[str, str]]) -> Tally | None:
        """The tally of the ``readings`` of answers; None where nothing had to be read."""
        readings = [(how, wrote) for how, wrote in readings if how]
        if not readings:
            return None
        counts = Counter(how for how, _ in readings)
        shown = {
            how: tuple(
                text
                for text, _ in Counter(w for h, w in readings if h == how).most_common(EXAMPLES)
            )
            for how in HOWS
            if counts[how] and how != EXACT
        }
        return cls({how: counts[how] for how in HOWS if counts[how]}, shown)

    @property
    def total(self) -> int:
        """The number of answers."""
        return sum(self.counts.values())

    @property
    def unread(self) -> int:
        """How many gave no label."""
        return sum(n for how, n in self.counts.items() if how in UNREAD)

    def lines(self) -> list[str]:
        """The tally in words: a line of counts, then a line for each way of not being read."""
        if self.counts.keys() == {EXACT}:
            return []
        told = ", ".join(f"{n:,} {how}" for how, n in self.counts.items())
        lines = [f"{self.total:,} answers read: {told}"]
        for how in (how for how in HOWS if how in UNREAD and self.counts.get(how)):
            quoted = ", ".join(repr(text or "(empty)") for text in self.examples[how])
            lines.append(
                f"{self.counts[how]:,} of {self.total:,} answers {SAYS[how]}, such as {quoted}"
            )
        return lines


def facts(readings: Sequence[tuple[str, str]]) -> tuple[Fact, ...]:
    """The tally of ``readings`` as a fact; none where nothing had to be read."""
    if not readings or any(not how for how, _ in readings):
        return ()  # a cascade, most of whose answers were not read
    tally = Tally.of(readings)
    assert tally is not None
    says = "; ".join(tally.lines()) or f"all {tally.total:,} answers read as they stand"
    data = {"counts": dict(tally.counts), "unread": tally.unread, "examples": dict(tally.examples)}
    return (Fact("readings", says, data),)


SAYS = {
    "ambiguous": "name several labels and state none",
    "none": "name no label",
    "refusal": "decline to answer",
    "cut off": "end before they give a label",
}


def _excerpt(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= SHOWN:
        return text
    return f"{text[: SHOWN // 2]} … {text[-SHOWN // 2 :]}"
