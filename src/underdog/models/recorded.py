"""Answers that were already paid for, read from a column of the user's own file."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.cost import FIELDS, Floats, charge
from ..core.data import Archive, Dataset, Text
from ..core.errors import UnderdogError
from ..core.protocols import Model
from ..runtime.labels import read_label
from ..runtime.registry import register

DOLLARS, SECONDS, CALLS = (FIELDS.index(name) for name in ("dollars", "seconds", "calls"))


@register("recorded")
@dataclass(frozen=True)
class Recorded:
    """The answers of the model, usually a large one, whose replies are in ``column``.

    ``price`` is what an answer cost in dollars: a number, or the column that has it. ``seconds``
    is the column of the time that each took. What is not told is unknown, and printed so. A
    reply that names none of the labels, or an empty one, is an abstention. Where equal texts
    were answered more than once, the first answer counts that is not empty. Learns nothing from
    the labels.
    """

    column: str
    price: float | str | None = None
    seconds: str | None = None

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        archive = data.archive
        said = _column(archive, self.column)
        first: dict[Text, int] = {}
        for i, text in enumerate(archive.texts):
            if text not in first or (_blank(said[first[text]]) and not _blank(said[i])):
                first[text] = i
        rows = list(first.values())
        costs = np.full((len(rows), len(FIELDS)), np.nan)
        costs[:, CALLS] = 1.0
        for place, source in ((DOLLARS, self.price), (SECONDS, self.seconds)):
            if isinstance(source, str):
                costs[:, place] = _numbers(archive, source)[rows]
            elif source is not None:
                costs[:, place] = source
        values = [read_label(_shown(said[i]), data.task.labels) for i in rows]
        return RecordedModel(self.column, tuple(first), tuple(values), costs)


@register("recorded.model")
@dataclass(frozen=True, eq=False)
class RecordedModel:
    """Gives each of ``texts`` the answer and the original price on record; abstains on others."""

    name: str
    texts: tuple[Text, ...]
    values: tuple[str, ...]
    costs: Floats
    _row: dict[Text, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {text: i for i, text in enumerate(self.texts)})

    def answer(self, texts: Sequence[Text]) -> Answers:
        rows = np.array([self._row.get(text, -1) for text in texts], dtype=np.intp)
        costs = (
            np.where(rows[:, None] >= 0, self.costs[rows], np.nan)
            if len(rows)
            else (np.zeros((0, len(FIELDS))))
        )
        charge(costs)
        values = [self.values[i] if i >= 0 else ABSTAIN for i in rows.tolist()]
        return Answers.said(values, costs, self.name)


def price_column(column: str, columns: Collection[str]) -> str | None:
    """The column that by its name holds what the answers in ``column`` cost.

    >>> price_column("gpt-4_answer", ["gpt-4_answer", "gpt-4_cost"])
    'gpt-4_cost'
    """
    stem = re.sub(r"[_ -]?(answer|prediction|label|response|output)s?$", "", column, flags=re.I)
    wanted = {f"{stem}{joint}{word}" for joint in "_- " for word in ("cost", "price", "dollars")}
    return next((name for name in columns if name.lower() in {w.lower() for w in wanted}), None)


def _column(archive: Archive, name: str) -> Sequence[str | float | None]:
    if name not in archive.columns:
        known = ", ".join(map(repr, archive.columns)) or "none"
        raise UnderdogError(f"no column {name!r} of recorded answers", f"columns: {known}")
    return archive.columns[name]


def _numbers(archive: Archive, name: str) -> Floats:
    try:
        cells = [_shown(cell).strip() or "nan" for cell in _column(archive, name)]
        return np.array([float(cell) for cell in cells])
    except ValueError as error:
        raise UnderdogError(
            f"column {name!r} should hold numbers: {error}", "name another: price='cost_column'"
        ) from error


def _blank(cell: str | float | None) -> bool:
    return not _shown(cell).strip()


def _shown(cell: str | float | None) -> str:
    return "" if cell is None else str(cell)
