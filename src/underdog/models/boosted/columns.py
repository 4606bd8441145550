"""The columns of a file as numbers, and which of them may be looked at."""

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
from ...runtime.registry import register

FEWEST = 5
"""Training rows in which a value must stand to be told from the others."""

VALUES = 32
"""Values of a column that are told apart at most, the commonest ones."""

NUMBERS = 0.95
"""The share of a column's cells, blank ones aside, that must be numbers for a column of numbers."""

COPY = 0.95
"""A column that saves so large a share of the mistakes of always saying the commonest label is
taken for a copy of the label."""

PLAIN = {"yes", "no", "y", "n", "true", "false", "t", "f", "none", "other", "unknown"}
"""Labels that say nothing by themselves: another column may hold the same words for its own
reasons."""


@register("boosted.columns")
@dataclass(frozen=True, eq=False)
class Columns:
    """How ``names`` become features: a number as it is, or one feature for each of its values.

    ``values`` has a tuple for each column, empty for a column of numbers. A blank cell, or one
    that should be a number and is none, is a gap; a value that was rare in training is none of
    the values.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    @classmethod
    def learn(cls, columns: Mapping[str, Column]) -> Columns:
        """What can be told from the cells of the training rows; columns that vary little go."""
        kept: dict[str, tuple[str, ...]] = {}
        for name, column in columns.items():
            said = [text for cell in column if (text := shown(cell).strip())]
            numbers = _numbers(said)
            found = np.isfinite(numbers)
            if said and found.mean() >= NUMBERS:
                if len(np.unique(numbers[found])) > 1:
                    kept[name] = ()
            else:
                common = Counter(said).most_common(VALUES)
                values = tuple([value for value, times in common if times >= FEWEST])
                if values and len(set(said)) + (len(said) < len(column)) > 1:
                    kept[name] = values
        return cls(tuple(kept), tuple(kept.values()))

    def cells(self, columns: Mapping[str, Column], rows: int) -> Floats:
        """The features of all ``rows`` of a file, shape ``[rows, features]``; a gap is NaN."""
        if lost := [name for name in self.names if name not in columns]:
            raise UnderdogError(
                f"the file has no column {lost[0]!r}, which the model looks at",
                "give a file that has it: model.knowing(underdog.read(FILE).data.archive)",
            )
        found = [np.zeros((rows, 0))]
        for name, values in zip(self.names, self.values, strict=True):
            said = [shown(cell).strip() for cell in columns[name]]
            if not values:
                found.append(_numbers(said)[:, None])
                continue
            place = {value: i for i, value in enumerate(values)}
            at = np.array([place.get(text, -1) for text in said])
            one = (at[:, None] == np.arange(len(values))).astype(np.float64)
            one[[not text for text in said]] = np.nan
            found.append(one)
        return np.hstack(found)


def looked_at(data: Dataset, named: Sequence[str] | None) -> dict[str, Column]:
    """The columns that a model of ``data`` may look at, row by row: those that were ``named``.

    If none were: all but those that would tell the label rather than help to find it, and those
    that say nothing of the texts to come. What is left out for that is told. It cannot see
    whether a column will be filled in by the time the answer is needed.
    """
    columns = {name: data.columns[name] for name in data.archive.columns if name in data.columns}
    if named is not None:
        if lost := [name for name in named if name not in columns]:
            raise UnderdogError(
                f"no column {lost[0]!r} beside the texts and the labels",
                f"there are {listed(columns)}; to let it choose: boosted()"
                if columns
                else "there is none; look at the text alone: boosted(columns=[])",
            )
        return {name: columns[name] for name in named}
    doubts = {name: doubt for name in columns if (doubt := _doubt(data, name))}
    used = {name: column for name, column in columns.items() if name not in doubts}
    if doubts:
        told = [
            f"{listed(name for name in doubts if doubts[name] == doubt)} ({doubt})"
            for doubt in dict.fromkeys(doubts.values())
        ]
        warnings.warn(
            f"boosted() looks at the columns {listed(used)} and leaves out {'; '.join(told)}; "
            "to say which: boosted(columns=[…])",
            stacklevel=3,
        )
    return used


def _doubt(data: Dataset, name: str) -> str | None:
    """Why the column should not be looked at, if it should not."""
    if recorded(name):
        return "named like recorded answers, ids, costs or times"
    said = [shown(cell).strip() for cell in data.columns[name]]
    if data.groups is not None and tuple(said) == tuple([group.strip() for group in data.groups]):
        return "the groups that rows are split by"
    filled = [text.casefold() for text in said if text]
    labels = {label.casefold() for label in data.task.labels}
    telling = {label for label in labels if label not in PLAIN and not _number(label)}
    if filled and sum(text in telling for text in filled) > len(filled) / 2:
        return "labels are its values"
    if filled and _copies(said, data.labels):
        return "tells the label all by itself"
    return None


def _copies(said: Sequence[str], labels: Sequence[str | None]) -> bool:
    """Whether the value of a cell gives the label away, for values that stand in several rows."""
    rows = [(value, label) for value, label in zip(said, labels, strict=True) if value and label]
    times = Counter(value for value, _ in rows)
    again = [(value, label) for value, label in rows if times[value] > 1]
    right: dict[str, int] = {}
    for (value, _), n in Counter(again).items():
        right[value] = max(n, right.get(value, 0))
    common = max(Counter(label for _, label in again).values(), default=0)
    wrong, usual = len(again) - sum(right.values()), len(again) - common
    return len(again) > len(said) / 2 and usual > 0 and wrong <= (1 - COPY) * usual


def _numbers(said: Sequence[str]) -> Floats:
    return np.array([float(text) if _number(text) else np.nan for text in said], np.float64)


def _number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
