"""Boosted trees over the rows of a table that has no texts: the recipe's model of such a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Archive, Column, Dataset, Text
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.explaining import Explanation, Token
from ...core.values import as_row, row_cells
from ...data.guess import listed
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from ..linear.graded import LEARNED
from ..training.examples import Examples, fit_temperature, softmax
from ..training.heads import Head, NumberHead, SetHead, disagreement, fit_set_head
from .columns import EncodedColumns, usable_columns
from .graded import grow_graded
from .held_out import tried
from .shapley import tree_shapley
from .trees import Sample, Trees, grow

METHOD = "exact tree Shapley values of cells"

ROUNDS = 50
"""Boosting rounds where held-out rows are too few to choose them by."""


def _disagreement(m: Any) -> str:
    """What is wrong with a `RowsModel` that has the fields of ``m``."""
    wide = sum(len(values) or 1 for values in m.columns.values)
    if len(m.columns.names) != len(m.columns.values) or (m.trees.feature >= max(wide, 1)).any():
        return "trees and columns do not agree"
    if m.head is None and len(m.trees.start) != len(m.labels):
        return "trees and labels do not agree"
    return disagreement(m)


@register("boosted.rows", holds={"factor": Number(-1e9, 1e9)}, check=_disagreement)
@dataclass(frozen=True, eq=False)
class RowsModel:
    """``trees`` over the ``columns`` of a row, which is the text that is asked about.

    ``factor`` is the inverse temperature. With a ``head``, it turns margins into sets or numbers.
    """

    labels: tuple[str, ...]
    columns: EncodedColumns
    trees: Trees
    factor: float
    head: Head | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        A cell that a row lacks is missing. Raises `UnderdogError` for a text that is no row.
        """
        meter = Meter()
        margins = self.trees.margins(_features(texts, self.columns))
        if self.head is not None:
            return self.head.answers(margins, self.labels, meter.bill(len(texts)), "boosted")
        probs = softmax(margins * self.factor)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "boosted")

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """What each cell adds to the score of each label, by exact Shapley values of the trees."""
        rows, answers = _features(texts, self.columns), self.answer(texts)
        return [
            self._explained(str(text), row, value)
            for text, row, value in zip(texts, rows, answers.values, strict=True)
        ]

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """The columns it uses, and the number of its trees."""
        names, grown = self.columns.names, self.trees.roots.size
        says = f"uses {listed(names)} of each row" if names else "uses no column: none tells"
        return (
            Fact("columns", says, list(names)),
            Fact("trees", f"{grown:,} trees", grown),
        )

    def _explained(self, text: str, row: Floats, value: str) -> Explanation:
        wide = [len(values) or 1 for values in self.columns.values]
        by_feature, base = tree_shapley(self.trees, row)
        ends = np.cumsum(wide).tolist()
        added = {
            name: self.factor * by_feature[end - size : end].sum(axis=0)
            for name, size, end in zip(self.columns.names, wide, ends, strict=True)
        }
        cells = row_cells(text)
        tokens = tuple(Token(text[start:end], start, end) for _, _, start, end in cells)
        nothing = np.zeros(len(base))
        rows = np.array([added.pop(name, nothing) for name, *_ in cells]).reshape(-1, len(base))
        rest = self.factor * base + np.sum([*added.values()], axis=0)  # cells that are missing
        scale = "logit" if self.head is None else "log-odds"
        labels = self.labels
        if isinstance(self.head, NumberHead):
            labels, scale, unit = labels[:1], "number", self.head.spread
            rows, rest = unit * rows[:, :1], unit * rest[:1] + self.head.centre
        elif isinstance(self.head, SetHead):
            rows, rest = self.head.slope * rows, self.head.slope * rest + self.head.offset
        whole = rest + rows.sum(axis=0)
        return Explanation(text, value, labels, tokens, rows, rest, whole, METHOD, scale)


def fit_rows(data: Dataset, named: Sequence[str] | None, seed: int) -> RowsModel:
    """The model of a task whose texts are rows, of the columns that are ``named``, or all that may
    be used.

    Raises `UnderdogError` without examples of at least two labels, or for a named column that
    does not exist.
    """
    meter = Meter()
    examples = Examples.of(data, "boosted", *LEARNED)
    columns = _columns(data, named)
    rows = _features(examples.texts, columns)
    if examples.kind == "label":
        chosen = _chosen(Sample(rows, examples.gold), examples, seed)
        model = RowsModel(data.task.labels, columns, *chosen)
    else:
        outputs = examples.outputs(data.task.labels)
        model = RowsModel(outputs, columns, *_graded(rows, examples, seed))
    meter.bill(1)
    return model


def _features(texts: Sequence[Text], columns: EncodedColumns) -> Floats:
    """What the trees read of rows, ``[texts, features]``; a column of zeros if that is nothing."""
    cells = columns.cells(row_table(texts, columns.names), len(texts))
    return cells if cells.shape[1] else np.zeros((len(texts), 1))


def row_table(texts: Sequence[Text], names: Sequence[str]) -> Mapping[str, Column]:
    """The cells of the columns ``names`` in ``texts``, which are rows; None where there is none.

    Raises `UnderdogError` for a text that is no row.
    """
    rows = []
    for text in texts:
        row = {name: value for name, value, *_ in row_cells(str(text))}
        if not row and (not isinstance(text, str) or text.strip("{}, \n")):
            example = as_row({next(iter(names), "amount"): 1})
            raise UnderdogError(
                f"boosted() learned rows of a table, and this is none: {str(text)[:60]!r}",
                f"give a file with its columns, or a row as JSON: '{example}'",
            )
        rows.append(row)
    return {name: tuple([row.get(name) for row in rows]) for name in names}


def _columns(data: Dataset, named: Sequence[str] | None) -> EncodedColumns:
    table = row_table(data.texts, data.task.columns)
    view = replace(data, columns=table, archive=Archive(data.texts, table))
    return EncodedColumns.learn(usable_columns(view, named))


def _chosen(sample: Sample, examples: Examples, seed: int) -> tuple[Trees, float]:
    """The trees and the factor of their margins, chosen on held-out rows."""
    rounds: list[int] = []
    grown, gold = ([np.zeros((0, sample.gold.shape[1]))] for _ in range(2))
    for trees, best, check in tried(sample, examples, seed):
        rounds.append(best)
        grown.append(trees.margins(sample.rows[check]))
        gold.append(sample.gold[check])
    _, factor = fit_temperature(np.concatenate(grown), np.concatenate(gold))
    return grow(sample, seed, rounds=round(np.mean(rounds)) if rounds else ROUNDS), factor


def _graded(rows: Floats, examples: Examples, seed: int) -> tuple[Trees, float, Head]:
    """The trees and the head of a task of sets or numbers; the factor is 1."""
    outputs = examples.gold.shape[1]
    scores, held = np.zeros((len(rows), outputs)), np.zeros(len(rows), bool)
    for learn, check in examples.held_out(seed):
        if learn.any() and check.any():
            trees = grow_graded(rows[learn], examples.gold[learn], examples, seed)
            scores[check], held[check] = trees.margins(rows[check]), True
    gold = examples.gold.copy()
    head: Head
    if examples.numbers is None:
        head, _ = fit_set_head(scores[held], gold[held])
    else:  # the second output is the expected error
        head = examples.numbers
        errors = np.abs(scores[:, 0] - gold[:, 0])
        gold[:, 1] = np.where(held, errors, errors[held].mean() if held.any() else 1.0)
    return grow_graded(rows, gold, examples, seed), 1.0, head
