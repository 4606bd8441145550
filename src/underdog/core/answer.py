"""What a model says: about one text, and about a column of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import overload

import numpy as np
from numpy.typing import NDArray

from .cost import FIELDS, FREE, Cost, Floats
from .places import places as places

ABSTAIN = ""
"""The value of an answer that names no label. Metrics call it wrong; cascades pass it on."""

SHOWN = 10
"""Answers that a notebook shows."""

Rows = Sequence[int] | NDArray[np.intp] | NDArray[np.bool_]
"""Which answers, or examples: indices, or a mask of their length."""


@dataclass(frozen=True, slots=True, eq=False)
class Probs(Mapping[str, float]):
    """A distribution over labels: reads like a dict, costs no more than a row of an array."""

    labels: tuple[str, ...]
    p: Floats

    def __getitem__(self, label: str) -> float:
        try:
            return float(self.p[self.labels.index(label)])
        except ValueError:
            raise KeyError(label) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Probs({dict(self)})"


@dataclass(frozen=True, slots=True)
class Answer:
    """A label or a completion, how sure the model is, what it cost and who gave it."""

    value: str
    probs: Probs | None = None
    cost: Cost = FREE
    path: tuple[str, ...] = ()
    sure: float | None = None

    @property
    def confidence(self) -> float:
        """``sure`` if given, else the likeliest label's probability; 0 if the model cannot say."""
        if self.sure is not None:
            return self.sure
        return float(self.probs.p.max()) if self.probs else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Answers(Sequence[Answer]):
    """A column of answers: reads like a list of `Answer`, costs what arrays cost.

    ``values`` holds a label or a completion for each text. ``probs`` has the shape
    ``[texts, labels]``; a row of NaN is an answer that came without probabilities, and None
    stands for nothing but such rows. ``costs`` has the shape ``[texts, 6]``, in the order of
    `underdog.core.cost.FIELDS`. ``paths`` names the models that each answer went through,
    first to last. ``readings`` tell, of answers that were read from a completion, how each was
    read (`underdog.core.reading.HOWS`) and, where that is not the label itself, the beginning of
    what the model wrote; empty where nothing had to be read. ``logprobs``, of shape ``[texts]``,
    is the natural logarithm of the probability of each completion as a whole; NaN where a model
    did not give it, and None stands for nothing but NaN. ``sure``, of shape ``[texts]`` and in
    [0, 1], is how sure a model is of answers that are no single label, such as sets and numbers;
    NaN, and None, as in ``logprobs``. Models may share their arrays: never write to one.
    """

    values: tuple[str, ...]
    labels: tuple[str, ...]
    probs: Floats | None
    costs: Floats
    paths: tuple[tuple[str, ...], ...]
    readings: tuple[tuple[str, str], ...] = ()
    logprobs: Floats | None = None
    sure: Floats | None = None

    @classmethod
    def likeliest(
        cls, labels: tuple[str, ...], probs: Floats, costs: Floats, *path: str
    ) -> Answers:
        """The likeliest label of each row of ``probs`` (``[texts, labels]``), said by ``path``."""
        values = tuple([labels[i] for i in probs.argmax(axis=1).tolist()])
        return cls(values, labels, probs, costs, (path,) * len(values))

    @classmethod
    def said(cls, values: Iterable[str], costs: Floats, *path: str) -> Answers:
        """Bare values, without probabilities: what a model that writes has to offer."""
        values = tuple(values)
        return cls(values, (), None, costs, (path,) * len(values))

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> Answers:
        """The columns of a list of answers, for models that make them one by one."""
        labels = next((a.probs.labels for a in answers if a.probs is not None), ())
        probs = np.full((len(answers), len(labels)), np.nan) if labels else None
        for i, answer in enumerate(answers):
            if answer.probs is not None and probs is not None:
                probs[i] = [answer.probs.get(label, 0.0) for label in labels]
        costs = np.array([a.cost.row() for a in answers]).reshape(len(answers), len(FIELDS))
        values, paths = tuple(a.value for a in answers), tuple(a.path for a in answers)
        sure = None
        if any(a.sure is not None for a in answers):
            sure = np.array([np.nan if a.sure is None else a.sure for a in answers])
        return cls(values, labels, probs, costs, paths, sure=sure)

    @classmethod
    def join(cls, parts: Sequence[Answers]) -> Answers:
        """The answers of several batches, one after the other.

        Batches may know different labels: the whole knows all of them, and a label that a batch
        does not know has probability 0 there.
        """
        first, *rest = parts
        if not rest:
            return first
        labels = tuple(dict.fromkeys(label for part in parts for label in part.labels))
        probs = None
        if any(part.probs is not None for part in parts):
            probs = np.concatenate([part._aligned(labels) for part in parts])
        return cls(
            tuple([value for part in parts for value in part.values]),
            labels,
            probs,
            np.concatenate([part.costs for part in parts]),
            tuple([path for part in parts for path in part.paths]),
            _joined_readings(parts),
            _joined([part.logprobs for part in parts], parts),
            _joined([part.sure for part in parts], parts),
        )

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        first = ", ".join(repr(value) for value in self.values[:3])
        s, more = "s" * (len(self) != 1), ", …" * (len(self) > 3)
        return f"<{len(self):,} answer{s}: {first}{more}>"

    def _repr_html_(self) -> str:
        sure = self.confidence[:SHOWN].tolist()
        pairs = zip(self.values[:SHOWN], sure, strict=True)
        rows = "".join(f"<tr><td>{escape(value)}</td><td>{p:.3f}</td></tr>" for value, p in pairs)
        head = "<tr><th>answer</th><th>confidence</th></tr>"
        return f"<p>{len(self):,} answers</p><table>{head}{rows}</table>"

    @overload
    def __getitem__(self, i: int) -> Answer: ...
    @overload
    def __getitem__(self, i: slice) -> Answers: ...
    def __getitem__(self, i: int | slice) -> Answer | Answers:
        if isinstance(i, slice):
            return self._part(i)
        row = None if self.probs is None else self.probs[i]
        probs = None if row is None or np.isnan(row[0]) else Probs(self.labels, row)
        sure = None if self.sure is None or np.isnan(self.sure[i]) else float(self.sure[i])
        return Answer(self.values[i], probs, Cost.of(self.costs[i]), self.paths[i], sure)

    def _part(self, part: slice) -> Answers:
        """The answers in ``part``; their arrays are those of all, looked at in part."""
        probs, logprobs, sure = self._columns(part)
        values, costs, paths = self.values[part], self.costs[part], self.paths[part]
        return Answers(
            values, self.labels, probs, costs, paths, self.readings[part], logprobs, sure
        )

    def _columns(self, rows: slice | NDArray[np.intp]) -> Iterator[Floats | None]:
        """``probs``, ``logprobs`` and ``sure`` at ``rows``; None where there are none."""
        columns = (self.probs, self.logprobs, self.sure)
        return (None if column is None else column[rows] for column in columns)

    @property
    def confidence(self) -> Floats:
        """``sure``, else the likeliest label's probability, ``[texts]``; 0 where unknown."""
        top: Floats = np.zeros(len(self))
        if self.probs is not None:
            top = np.fmax(self.probs.max(axis=1), 0.0)  # of NaN and 0, fmax takes 0
        return top if self.sure is None else np.where(np.isnan(self.sure), top, self.sure)

    @property
    def total(self) -> Cost:
        """The sum of the receipts."""
        return Cost.of(self.costs.sum(axis=0))

    def take(self, rows: Rows) -> Answers:
        """The answers at ``rows``, in that order."""
        chosen = np.arange(len(self))[np.asarray(rows)] if len(rows) else np.arange(0)
        probs, logprobs, sure = self._columns(chosen)
        at, costs = chosen.tolist(), self.costs[chosen]
        values, paths = tuple([self.values[i] for i in at]), tuple([self.paths[i] for i in at])
        readings = tuple([self.readings[i] for i in at]) if self.readings else ()
        return Answers(values, self.labels, probs, costs, paths, readings, logprobs, sure)

    def after(self, earlier: Answers) -> Answers:
        """These answers, billed for the ``earlier`` ones that they supersede, row by row."""
        paths = tuple([a + b for a, b in zip(earlier.paths, self.paths, strict=True)])
        return replace(self, costs=earlier.costs + self.costs, paths=paths)

    def put(self, rows: Rows, better: Answers) -> Answers:
        """A copy in which the answers at ``rows`` are those of ``better``, in that order.

        It knows the labels of both: one that either does not know has probability 0 there.
        """
        at = np.arange(len(self))[np.asarray(rows)] if len(rows) else np.arange(0)
        values, paths, costs = list(self.values), list(self.paths), self.costs.copy()
        costs[at] = better.costs
        for i, value, path in zip(at.tolist(), better.values, better.paths, strict=True):
            values[i], paths[i] = value, path
        labels = tuple(dict.fromkeys((*self.labels, *better.labels)))
        probs = None
        if self.probs is not None or better.probs is not None:
            probs = self._aligned(labels)
            probs[at] = better._aligned(labels)
        readings = list(_readings(self)) if self.readings or better.readings else []
        if readings:
            for i, reading in zip(at.tolist(), _readings(better), strict=True):
                readings[i] = reading
        return Answers(
            tuple(values),
            labels,
            probs,
            costs,
            tuple(paths),
            tuple(readings),
            _put(self.logprobs, better.logprobs, at, len(self)),
            _put(self.sure, better.sure, at, len(self)),
        )

    def indices(self, labels: Sequence[str]) -> NDArray[np.intp]:
        """The place of each value in ``labels``, shape ``[texts]``; -1 where it is none of them."""
        return places(self.values, labels)

    def matrix(self, labels: Sequence[str]) -> Floats:
        """Probabilities ``[texts, labels]``: a bare value is one-hot, an abstention uniform."""
        labels = tuple(labels)
        if self.probs is not None and self.labels == labels and not np.isnan(self.probs).any():
            return self.probs
        known = self._aligned(labels)
        said = self.indices(labels)
        for i in np.flatnonzero(np.isnan(known).any(axis=1)):
            known[i] = 0.0
            if said[i] >= 0:
                known[i, said[i]] = 1.0
            else:
                known[i] = 1.0 / len(labels)
        return known

    def _aligned(self, labels: tuple[str, ...]) -> Floats:
        """A fresh copy of ``probs`` with one column for each of ``labels``; NaN where unknown."""
        if self.probs is None:
            return np.full((len(self), len(labels)), np.nan)
        if self.labels == labels:
            return self.probs.copy()
        where = {label: k for k, label in enumerate(self.labels)}
        columns = [where.get(label) for label in labels]
        zero = np.where(np.isnan(self.probs[:, 0]), np.nan, 0.0)
        return np.stack([zero if k is None else self.probs[:, k] for k in columns], axis=1)


def _joined(columns: Sequence[Floats | None], parts: Sequence[Answers]) -> Floats | None:
    """One number per answer of all ``parts``, ``[texts]``: NaN where a part has no column."""
    if all(column is None for column in columns):
        return None
    pairs = zip(columns, parts, strict=True)
    return np.concatenate([np.full(len(p), np.nan) if c is None else c for c, p in pairs])


def _put(mine: Floats | None, better: Floats | None, at: NDArray[np.intp], n: int) -> Floats | None:
    """A copy of ``mine``, ``[n]``, with ``better`` at the rows ``at``; NaN where one is None."""
    if mine is None and better is None:
        return None
    column = np.full(n, np.nan) if mine is None else mine.copy()
    column[at] = np.nan if better is None else better
    return column


def _readings(answers: Answers) -> tuple[tuple[str, str], ...]:
    """A reading per answer: blank where nothing had to be read."""
    return answers.readings or (("", ""),) * len(answers)


def _joined_readings(parts: Sequence[Answers]) -> tuple[tuple[str, str], ...]:
    if not any(part.readings for part in parts):
        return ()
    return tuple([reading for part in parts for reading in _readings(part)])
