"""A language model as judge: it rates an output, or compares it with a reference in both orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.reading.numbers import NumberReader
from ...core.values import number
from ...runtime.registry import register
from ...runtime.schema import Number

RATE = (
    "{task}\n\n{given}Output:\n<<<\n{output}\n>>>\n\n"
    "Rate the output from 1 (worst) to {points} (best). Reply with the number alone."
)
COMPARE = (
    "{task}\n\n{given}A:\n<<<\n{first}\n>>>\n\nB:\n<<<\n{second}\n>>>\n\n"
    "Which is better? Reply with A, B or TIE alone."
)
TASK = "Judge how good and how faithful to the given text an output is. Length is no merit."
CHOICE = re.compile(r"\b(A|B|TIE)\b")


@register("judged", holds={"points": Number(2, 1000)})
@dataclass(frozen=True)
class Judged:
    """What ``model``, which writes, says of an output: the expensive rival of small scores.

    It rates from 1 to ``points``; the grade is the share of the way. With ``pairs=True`` it says
    which is better, the output or its first reference, and is asked twice, in both orders: an
    answer that follows the position and not the content is a tie. ``task`` is what it is told to
    look at. What it costs is charged like any other answer. An unreadable reply gives no grade.
    """

    model: Any
    task: str = TASK
    points: int = 5
    pairs: bool = False
    by_sentence: ClassVar[bool] = False

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return ("reference",) if self.pairs else ()

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return "preferred by the judge" if self.pairs else "rated by the judge"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN for a blank output, an unreadable reply, and, in pairs,
        where there is no reference.
        """
        if not hasattr(self.model, "answer"):
            raise UnderdogError(
                f"{self.model!r} writes no answers", "as in: judged(chat('gpt-5-mini'))"
            )
        rows = [
            i
            for i, value in enumerate(values)
            if value.strip() and (data.right[i] or not self.pairs)
        ]
        given = [_given(texts[i], () if self.pairs else data.right[i]) for i in rows]
        outputs = [values[i] for i in rows]
        grades = np.full(len(values), np.nan)
        if rows and self.pairs:
            grades[rows] = self._compared(given, outputs, [data.right[i][0] for i in rows])
        elif rows:
            grades[rows] = self._rated(given, outputs)
        return grades

    def _rated(self, given: Sequence[str], outputs: Sequence[str]) -> Floats:
        prompts = [
            RATE.format(task=self.task, given=text, output=said, points=self.points)
            for text, said in zip(given, outputs, strict=True)
        ]
        reader = NumberReader()
        replies = self.model.answer(prompts).values
        read = np.array([number(reader.read(reply).label) for reply in replies])
        read[(read < 1) | (read > self.points)] = np.nan
        found: Floats = (read - 1) / (self.points - 1)
        return found

    def _compared(
        self, given: Sequence[str], outputs: Sequence[str], others: Sequence[str]
    ) -> Floats:
        """1 where the output is better in both orders, 0 where it is worse in both, else 0.5."""
        orders = [*zip(outputs, others, strict=True), *zip(others, outputs, strict=True)]
        prompts = [
            COMPARE.format(task=self.task, given=text, first=first, second=second)
            for text, (first, second) in zip([*given, *given], orders, strict=True)
        ]
        wins = np.array([_first(reply) for reply in self.model.answer(prompts).values])
        n = len(outputs)
        mean = (wins[:n] + 1.0 - wins[n:]) / 2
        return np.where(np.isnan(mean), np.nan, np.floor(mean) + (0.5 * (mean % 1 > 0)))


def _given(text: Text, right: Sequence[str]) -> str:
    """What the judge may look at besides the output."""
    whole = text if isinstance(text, str) else "\n\n".join(part for part in text if part)
    parts = [f"Text:\n<<<\n{whole}\n>>>\n\n"] if whole.strip() else []
    if right:
        parts.append(f"A good output:\n<<<\n{right[0]}\n>>>\n\n")
    return "".join(parts)


def _first(reply: str) -> float:
    """1 where the first is better, 0 where the second is, 0.5 for a tie; NaN if unreadable."""
    said = CHOICE.findall(reply.upper() if len(reply.strip()) < 6 else reply)
    found = {"A": 1.0, "B": 0.0, "TIE": 0.5}
    return found[said[-1]] if said else float("nan")
