"""Explanations of boosted trees: exact Shapley values of columns, and words deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Explanation, Feature
from ...core.explaining.deletion import occlusion
from ..features.surface import PUNCTUATION
from .columns import EncodedColumns
from .shapley import tree_shapley
from .trees import Trees

METHOD = "exact tree Shapley values of columns; words by occlusion"

SHAPES = (
    "characters", "words", "numerals", "distinct numerals", "digits of the longest numeral",
    *(f"count of {sign!r}" for sign in PUNCTUATION), "mean length of a word",
)  # fmt: skip
"""The names of `shape_features`, in their order."""

FEW = 12
"""Features that are told, at most: those that contribute most."""


@dataclass(frozen=True, eq=False)
class Beside:
    """A model that answers every text as if it stood in one row of a file."""

    ask: Callable[[Sequence[Text]], Answers]

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers to ``texts`` beside the cells of the row."""
        return self.ask(texts)


@dataclass(frozen=True, eq=False)
class Mixture:
    """The parts of a mixture of ``trees`` and a linear model, for one text.

    ``row`` is what the trees read, ``margins``, ``[labels]``, what the linear model says;
    ``share`` is the weight of the trees and ``factor`` multiplies the whole.
    """

    trees: Trees
    row: Floats
    margins: Floats
    share: float
    factor: float


def explain_row(
    around: Beside,
    text: Text,
    labels: tuple[str, ...],
    columns: EncodedColumns,
    parts: Mixture | None,
) -> Explanation:
    """What each word and, by exact Shapley values, each feature of the row adds.

    Words are deleted with the row's cells held fixed. Without trees there are no features.
    """
    [words] = occlusion(around, [text])
    if parts is None or parts.trees.cover is None:
        return words
    contributions, base = tree_shapley(parts.trees, parts.row)
    with np.errstate(invalid="ignore"):
        rows = parts.factor * parts.share * contributions
        linear = parts.factor * (1 - parts.share) * parts.margins if parts.share < 1 else 0.0
        by_words = rows[: len(labels)].sum(axis=0) + linear
    named = [Feature("the words, by linear()", "", tuple(by_words.tolist()))]
    cells = parts.row[len(labels) :].tolist()
    for name, value, row in zip(
        _names(columns), _values(cells, columns), rows[len(labels) :].tolist(), strict=True
    ):
        named.append(Feature(name, value, tuple(row)))
    weight = [max(map(abs, f.contributions)) for f in named]
    best = sorted(range(len(named)), key=lambda i: (i > 0, -weight[i]))
    strongest = tuple(named[i] for i in best if weight[i] > 0)
    start = parts.factor * parts.share * base
    return replace(words, method=METHOD, features=strongest[:FEW], feature_base=start)


def _names(columns: EncodedColumns) -> list[str]:
    """The names of what the trees read beside the labels: shapes of the text, and columns."""
    named = list(SHAPES)
    for name, values in zip(columns.names, columns.values, strict=True):
        named += [f"{name} = {value}" for value in values] or [name]
    return named


def _values(cells: Sequence[float], columns: EncodedColumns) -> list[str]:
    """What the trees read, as a person would write it: counts, and yes or no."""
    counts = len(SHAPES) - 1
    values = [f"{np.expm1(cell):.0f}" for cell in cells[:counts]]
    values.append(f"{cells[counts]:.4g}")
    choices = [bool(some) for some in columns.values for _ in some or (None,)]
    for cell, is_choice in zip(cells[len(SHAPES) :], choices, strict=True):
        answer = ("no", "yes")[int(cell)] if is_choice and cell in (0, 1) else f"{cell:.4g}"
        values.append("missing" if np.isnan(cell) else answer)
    return values
