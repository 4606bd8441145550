"""A pool: documents that selectors read in parts, as often as they need, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...core.data import Column, Dataset

T = TypeVar("T")
S = TypeVar("S")

ROW, SOURCE = "#row", "#source"
"""Columns of a part: the place of a document in the whole pool, and where it comes from."""

Rows = NDArray[np.int64]
Alive = NDArray[np.bool_]


def rows_of(data: Dataset) -> Rows:
    """The place of each example in its pool, ``[examples]``; its own place if it is of none."""
    return np.array(data.columns.get(ROW, range(len(data))), np.int64)


def sources_of(data: Dataset) -> tuple[str, ...]:
    """Where each example comes from; its group, or nothing, outside a pool."""
    found = data.columns.get(SOURCE) or data.groups or ("",) * len(data)
    return tuple([str(one) for one in found])


def texts_of(data: Dataset) -> list[str]:
    """Each example as one text, whether it is a single text or a pair."""
    return [t if isinstance(t, str) else "\n\n".join(t) for t in data.texts]


@dataclass(frozen=True, eq=False)
class Pool:
    """Documents to choose from, ``target`` texts that they are to serve, and the random ``seed``.

    ``size`` counts all documents; ``alive``, ``[size]``, are those that are still to be chosen
    from, all if it is None. ``told`` collects what selectors have found out: counts and facts.
    """

    size: int
    target: Dataset | None = None
    seed: int = 0
    alive: Alive | None = None
    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def parts(self) -> Iterator[Dataset]:
        """The documents in order, in parts of bounded size."""
        raise NotImplementedError

    def map(self, work: Callable[[S, Dataset], T], shared: S) -> Iterator[T]:
        """``work(shared, part)`` for each part, in the order of the parts."""
        for part in self.parts():
            yield work(shared, part)

    def again(self, work: Callable[[S, Dataset], T], shared: S) -> Iterable[T]:
        """What `map` gives, to be gone through more than once; the work is done once."""
        return list(self.map(work, shared))

    def only(self, alive: Alive) -> Any:
        """The same pool, of which only ``alive`` documents are left, ``[size]``."""
        return replace(self, alive=alive if self.alive is None else alive & self.alive)

    def left(self) -> Rows:
        """The places of the documents that are to be chosen from."""
        return np.arange(self.size) if self.alive is None else np.flatnonzero(self.alive)

    def take(self, rows: Sequence[int] | Rows) -> Dataset:
        """The documents at ``rows``, in the order of the pool: they must fit in memory."""
        wanted = np.zeros(self.size, bool)
        wanted[np.asarray(rows, np.int64)] = True
        parts = [part for part in self.only(wanted).parts() if len(part)]
        return Dataset.join(parts) if parts else next(iter(self.parts())).take([])

    def sample(self, n: int, purpose: str = "") -> Dataset:
        """At most ``n`` of the documents that are left, drawn by the seed."""
        rows = self.left()
        if len(rows) > n:
            key = int.from_bytes(purpose.encode()[:8] or b"0")
            rows = np.random.default_rng([self.seed, key]).choice(rows, n, replace=False)
        return self.take(rows)

    def tell(self, name: str, **facts: Any) -> None:
        """Note what a selector has found out; counts of the same name add up."""
        known = self.told.setdefault(name, {})
        for key, value in facts.items():
            adds = isinstance(value, int) and isinstance(known.get(key), int)
            known[key] = known[key] + value if adds else value


@dataclass(frozen=True, eq=False)
class Held(Pool):
    """A pool that is a data set in memory."""

    data: Dataset | None = None

    @classmethod
    def of(cls, data: Dataset, target: Dataset | None = None, seed: int = 0) -> Held:
        """The examples of ``data`` as a pool."""
        known: dict[str, Column] = {ROW: tuple(range(len(data))), SOURCE: sources_of(data)}
        return cls(len(data), target, seed, data=replace(data, columns={**data.columns, **known}))

    def parts(self) -> Iterator[Dataset]:
        """All that is left, at once."""
        assert self.data is not None
        yield self.data if self.alive is None else self.data.take(np.flatnonzero(self.alive))
