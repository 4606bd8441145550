"""Answers that were already paid for, read from a column of the user's own file."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers, places
from ..core.cost import FIELDS, Floats, charge
from ..core.data import Archive, Column, Dataset, Task, Text
from ..core.description import Fact
from ..core.errors import UnderdogError
from ..core.explaining import Explanation
from ..core.given import Data, dataset
from ..core.protocols import Model
from ..core.reading import EXACT, of_task, read_column
from ..core.reading.answers import facts
from ..core.task import require_kind
from ..runtime.amounts import amounts
from ..runtime.registry import register
from ..runtime.schema import Array, Number
from .recorded_probabilities import guessed, holds, probabilities

DOLLARS, SECONDS, CALLS = (FIELDS.index(name) for name in ("dollars", "seconds", "calls"))

TIE = 1e-9
"""How much likelier another label may be for an answer to be the likeliest: rounding."""


@register("recorded", holds={"price": Number(0)})
@dataclass(frozen=True)
class Recorded:
    """The answers of the model, usually a large one, whose replies are in ``column``.

    ``price`` is what an answer cost in dollars: a number, or the column that has it. ``seconds``
    is the column of the time that each took. What is not told is unknown, and printed so. The
    replies may hold reasoning, JSON or prose: the label is read from them as from a live model's
    (`underdog.core.reading`). A reply that gives none of the labels, or leaves open which, is an
    abstention. Where equal texts were answered more than once, the first answer counts that is not
    empty. Learns nothing from the labels.

    ``probs`` says where the probabilities of the labels stand (`recorded_probabilities`): a column
    of JSON objects, or what the names of a column per label begin with. By default, such columns
    are found by their names (``jev_probs``, ``jev_LABEL``). Where ``column`` itself holds such
    objects, they are used, and the likeliest label is the answer. An answer that is not its
    likeliest label counts without probabilities.
    """

    column: str
    price: float | str | None = None
    seconds: str | None = None
    probs: str | None = None

    def samples_seen(self, data: Dataset) -> float:
        """How many answers a fit reads: all that are on file, whichever rows it learns from."""
        return float(max(1, len(data.archive.texts)))

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `RecordedModel` of the column in the archive of ``data``; the labels are not used.

        Raises `UnderdogError` if the column is missing.
        """
        data = dataset(data)
        archive = data.archive
        first, values, readings = _read(archive, self.column, data.task)
        rows = list(first.values())
        costs = np.full((len(rows), len(FIELDS)), np.nan)
        costs[:, CALLS] = 1.0
        for place, source in ((DOLLARS, self.price), (SECONDS, self.seconds)):
            if isinstance(source, str):
                costs[:, place] = amounts(_column(archive, source), source)[rows]
            elif source is not None:
                costs[:, place] = source
        itself = self.column if holds(_column(archive, self.column), data.task) else None
        named = self.probs or itself or guessed(self.column, archive.columns, data.task)
        if named:
            require_kind(data.task, "recorded(…, probs=…)", "label")
        else:
            return RecordedModel(self.column, tuple(first), values, costs, readings)
        labels, probs = data.task.labels, probabilities(archive, named, data.task)[rows]
        if named == self.column:
            values, readings = _likeliest(labels, probs, values, readings)
        said = places(values, labels)
        top = np.where(said >= 0, probs[np.arange(len(probs)), said], np.nan)
        with np.errstate(invalid="ignore"):
            probs[~(top >= probs.max(axis=1) - TIE)] = np.nan
        return RecordedModel(
            self.column, tuple(first), values, costs, readings, labels, probs, named
        )


def _disagreement(m: Any) -> str:
    """What is wrong with a `RecordedModel` that has the fields of ``m``."""
    return "" if len(m.texts) == len(m.values) else "texts and answers do not agree"


def _likeliest(
    labels: tuple[str, ...],
    probs: Floats,
    values: tuple[str, ...],
    readings: tuple[tuple[str, str], ...],
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The likeliest label of each row, and that it was read exactly; what was read elsewhere."""
    known: NDArray[np.bool_] = ~np.isnan(probs.sum(axis=1))
    best = np.where(known, np.nan_to_num(probs).argmax(axis=1), 0).tolist()
    said = tuple([labels[k] if sure else v for k, sure, v in zip(best, known, values, strict=True)])
    how = tuple([(EXACT, "") if sure else r for sure, r in zip(known, readings, strict=True)])
    return said, how


@register(
    "recorded.model",
    holds={
        "costs": Array("texts", len(FIELDS), nan=True),
        "probs": Array("texts", "labels", nan=True),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class RecordedModel:
    """Gives each of ``texts`` the answer and the original price on record; abstains on others.

    ``probs``, shape ``[texts, labels]``, are the probabilities that were in the column ``source``.
    """

    name: str
    texts: tuple[Text, ...]
    values: tuple[str, ...]
    costs: Floats
    readings: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()
    probs: Floats | None = None
    source: str = ""
    _row: dict[Text, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {text: i for i, text in enumerate(self.texts)})

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """That the answers are on record, of which no words can be deleted."""
        said = self.answer(texts)
        none = np.zeros((0, 1))
        return [
            Explanation(
                text, value, (value,), (), none, np.zeros(1), np.ones(1), "recorded",
                reasons=(f"the answer is on record as {self.name!r}; why it was given is not",),
                path=path,
            )
            for text, value, path in zip(texts, said.values, said.paths, strict=True)
        ]  # fmt: skip

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The recorded answers with their recorded costs; an abstention for a text without one."""
        rows = np.array([self._row.get(text, -1) for text in texts], dtype=np.intp)
        costs = (
            np.where(rows[:, None] >= 0, self.costs[rows], np.nan)
            if len(rows)
            else (np.zeros((0, len(FIELDS))))
        )
        charge(costs)
        at = rows.tolist()
        values = [self.values[i] if i >= 0 else ABSTAIN for i in at]
        said = Answers.said(values, costs, self.name)
        if self.probs is not None:
            known = np.where(rows[:, None] >= 0, self.probs[rows], np.nan)
            said = replace(said, labels=self.labels, probs=known)
        if not self.readings:
            return said
        return replace(
            said, readings=tuple([self.readings[i] if i >= 0 else ("none", "") for i in at])
        )

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How the answers to ``texts``, or without texts all answers, were read."""
        rows = [self._row[text] for text in texts if text in self._row] if texts else None
        told = facts(
            self.readings if rows is None or not self.readings else [self.readings[i] for i in rows]
        )
        if self.probs is None:
            return told
        found = self.probs if rows is None else self.probs[rows]
        known: NDArray[np.bool_] = ~np.isnan(found.sum(axis=1))
        says = f"probabilities from {self.source!r} for {known.sum():,} of {len(known):,} answers"
        return (*told, Fact("probabilities", says, {"known": int(known.sum()), "of": len(known)}))


def price_column(column: str, columns: Mapping[str, Column] | Collection[str]) -> str | None:
    """The column that by its name holds what the answers in ``column`` cost.

    Of ``columns`` with cells, one that holds no readable numbers is passed over with a warning.

    >>> price_column("gpt-4_answer", ["gpt-4_answer", "gpt-4_cost"])
    'gpt-4_cost'
    """
    ends = r"[_ -]?(answer|prediction|pred|label|response|reply|output|completion)s?$"
    stem = re.sub(ends, "", column, flags=re.I)
    words = ("cost", "price", "dollars", "usd", "cost_usd", "cost (usd)", "cost ($)")
    wanted = {f"{stem}{joint}{word}".lower() for joint in "_- " for word in words}
    wanted |= {"cost", "cost_usd", "total_cost"} if stem.lower() in ("", "llm", "model") else set()
    found = next((name for name in columns if name.lower() in wanted), None)
    if found is not None and isinstance(columns, Mapping):
        try:
            amounts(columns[found], found)
        except UnderdogError as error:
            if "neither negative nor infinite" in error.problem:
                raise
            warnings.warn(
                f"{error.problem}; the price of {column!r} is taken as unknown (give it:"
                f' --against "recorded({column!r}, price=0.002)")',
                stacklevel=2,
            )
            return None
    return found


Read = tuple[dict[Text, int], tuple[str, ...], tuple[tuple[str, str], ...]]
"""The row of each distinct text, and the label and reading of the answer in it."""

_columns: WeakKeyDictionary[Archive, dict[tuple[str, Task], Read]] = WeakKeyDictionary()
"""Columns that were read: folds and seeds share an archive, and prose takes time to read."""


def _read(archive: Archive, column: str, task: Task) -> Read:
    """The answers in ``column``, one for each text: the first that is not empty."""
    wrote = _column(archive, column)
    known = _columns.setdefault(archive, {})
    if (column, task) not in known:
        first: dict[Text, int] = {}
        for i, text in enumerate(archive.texts):
            if text not in first or (_blank(wrote[first[text]]) and not _blank(wrote[i])):
                first[text] = i
        told = probabilities(archive, column, task) if holds(wrote, task) else None
        answers = [
            _shown(wrote[i]) if told is None or np.isnan(told[i, 0]) else ""  # nothing to read
            for i in first.values()
        ]
        known[column, task] = first, *read_column(answers, of_task(task))
    return known[column, task]


def _column(archive: Archive, name: str) -> Column:
    if name not in archive.columns:
        known = ", ".join(map(repr, archive.columns)) or "none"
        raise UnderdogError(f"no column {name!r} of recorded answers", f"columns: {known}")
    return archive.columns[name]


def _blank(cell: str | float | None) -> bool:
    return not _shown(cell).strip()


def _shown(cell: str | float | None) -> str:
    return "" if cell is None else str(cell)
