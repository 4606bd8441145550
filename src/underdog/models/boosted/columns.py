"""The columns of a file as numeric features, and which of them may be used."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...core.data import Column, Dataset
from ...core.errors import UnderdogError
from ...data.guess import listed, recorded
from ...data.sheet import shown
from ...data.tables.rows import LABELS, NUMERIC, holds_labels
from ...runtime.registry import register

MIN_ROWS = 5
"""Training rows that must hold a value for it to get a feature."""

MAX_VALUES = 32
"""Largest number of values of a column that get a feature: the most frequent ones."""

COPY_SHARE = 0.95
"""A column is taken for a copy of the label if it removes this share of the errors of the majority
class.
"""


@register("boosted.columns")
@dataclass(frozen=True, eq=False)
class EncodedColumns:
    """How the columns ``names`` become features: one number, or one indicator per value.

    ``values`` has a tuple for each column, which is empty for a numeric column. A blank cell, or a
    cell without a number in a numeric column, is missing (NaN). A value that was rare in training
    sets none of the indicators.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    @classmethod
    def learn(cls, columns: Mapping[str, Column]) -> EncodedColumns:
        """Choose the features of each column from the training rows; constant columns are
        dropped.
        """
        kept: dict[str, tuple[str, ...]] = {}
        for name, column in columns.items():
            texts = [text for cell in column if (text := shown(cell).strip())]
            numbers = _numbers(texts)
            is_number = np.isfinite(numbers)
            if texts and is_number.mean() >= NUMERIC:
                if len(np.unique(numbers[is_number])) > 1:
                    kept[name] = ()
            else:
                common = Counter(texts).most_common(MAX_VALUES)
                values = tuple([value for value, count in common if count >= MIN_ROWS])
                if values and len(set(texts)) + (len(texts) < len(column)) > 1:
                    kept[name] = values
        return cls(tuple(kept), tuple(kept.values()))

    def cells(self, columns: Mapping[str, Column], rows: int) -> Floats:
        """The features of all ``rows`` of a file, shape ``[rows, features]``; missing cells are
        NaN.

        Raises `UnderdogError` if a column is missing from the file.
        """
        if missing := [name for name in self.names if name not in columns]:
            raise UnderdogError(
                f"the file has no column {missing[0]!r}, which the model needs",
                "use a file that has it: model.knowing(underdog.read(FILE).data.archive)",
            )
        blocks = [np.zeros((rows, 0))]
        for name, values in zip(self.names, self.values, strict=True):
            cells = [shown(cell).strip() for cell in columns[name]]
            if not values:
                blocks.append(_numbers(cells)[:, None])
                continue
            index = {value: i for i, value in enumerate(values)}
            value_of = np.array([index.get(text, -1) for text in cells])
            indicators = (value_of[:, None] == np.arange(len(values))).astype(np.float64)
            indicators[[not text for text in cells]] = np.nan
            blocks.append(indicators)
        return np.hstack(blocks)


def usable_columns(data: Dataset, named: Sequence[str] | None) -> dict[str, Column]:
    """The columns of ``data`` that a model may use, row by row: the ``named`` ones, if any are
    named.

    Otherwise all columns except those that reveal the label and those that say nothing about new
    texts; a warning lists what is left out. It cannot detect a column that is filled in only after
    the answer is known. Raises `UnderdogError` if a named column does not exist.
    """
    columns = {name: data.columns[name] for name in data.archive.columns if name in data.columns}
    if named is not None:
        if missing := [name for name in named if name not in columns]:
            raise UnderdogError(
                f"no column {missing[0]!r} beside the texts and the labels",
                f"there are {listed(columns)}; to let it choose: boosted()"
                if columns
                else "there is none; to use the text alone: boosted(columns=[])",
            )
        return {name: columns[name] for name in named}
    objections = {name: objection for name in columns if (objection := _objection(data, name))}
    used = {name: column for name, column in columns.items() if name not in objections}
    if objections:
        groups = [
            f"{listed(name for name in objections if objections[name] == objection)} ({objection})"
            for objection in dict.fromkeys(objections.values())
        ]
        warnings.warn(
            f"boosted() uses the columns {listed(used)} and leaves out {'; '.join(groups)}; "
            "to choose: boosted(columns=[…])",
            stacklevel=3,
        )
    return used


def _objection(data: Dataset, name: str) -> str | None:
    """The reason not to use the column, or None."""
    if recorded(name) and name not in data.task.columns:
        return "named like recorded answers, ids, costs or times"
    cells = [shown(cell).strip() for cell in data.columns[name]]
    if data.groups is not None and tuple(cells) == tuple([group.strip() for group in data.groups]):
        return "the groups that rows are split by"
    texts = [text.casefold() for text in cells if text]
    if holds_labels(data.columns[name], data.task.labels):
        return LABELS
    if texts and _copies(cells, data.labels):
        return "determines the label on its own"
    return None


def _copies(cells: Sequence[str], labels: Sequence[str | None]) -> bool:
    """Whether the values of a column determine the label, judged by values that occur in several
    rows.
    """
    rows = [(value, label) for value, label in zip(cells, labels, strict=True) if value and label]
    counts = Counter(value for value, _ in rows)
    repeated = [(value, label) for value, label in rows if counts[value] > 1]
    best: dict[str, int] = {}
    for (value, _), n in Counter(repeated).items():
        best[value] = max(n, best.get(value, 0))
    majority = max(Counter(label for _, label in repeated).values(), default=0)
    errors, majority_errors = len(repeated) - sum(best.values()), len(repeated) - majority
    return (
        len(repeated) > len(cells) / 2
        and majority_errors > 0
        and errors <= (1 - COPY_SHARE) * majority_errors
    )


def _numbers(cells: Sequence[str]) -> Floats:
    return np.array([float(text) if _number(text) else np.nan for text in cells], np.float64)


def _number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
