"""Scores of a whole pool: selectors learn from it where they must, then score it part by part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..core.cost import Floats
from ..core.data import Dataset
from ..core.protocols import Selector
from ..runtime.registry import spec
from .pool import Held, Pool, rows_of
from .pool.pool import Alive
from .selectors.table import Table

Ask = Callable[[Selector, "Alive | None"], Floats]
"""Scores of a selector for documents of the pool, ``[size]``; NaN for those that are left out."""


@runtime_checkable
class Learns(Protocol):
    """A selector that must see the pool, or its target, before it can score a document."""

    def learn(self, pool: Pool) -> Selector:
        """The selector that scores documents of this pool."""
        ...


@runtime_checkable
class Combines(Protocol):
    """A selector made of selectors."""

    def combine(self, pool: Pool, ask: Ask) -> Floats:
        """The scores of all documents, ``[size]``, from those of its parts."""
        ...


@runtime_checkable
class Counts(Protocol):
    """A selector that can say why it refuses documents."""

    def counted(self, data: Dataset) -> tuple[Floats, dict[str, int]]:
        """The scores, ``[examples]``, and how many documents were refused for which reason."""
        ...


class Learning:
    """A selector that learns: alone, it scores the data that it learns from."""

    def learn(self, pool: Pool) -> Selector:
        """The selector that scores documents of ``pool``."""
        raise NotImplementedError

    def score(self, data: Dataset) -> Floats:
        """The scores of ``data`` as a pool of its own, ``[examples]``."""
        return self.learn(Held.of(data)).score(data)


class Combining:
    """A selector made of selectors: alone, it asks them about the data."""

    def combine(self, pool: Pool, ask: Ask) -> Floats:
        """The scores of all documents of ``pool``, ``[size]``."""
        raise NotImplementedError

    def score(self, data: Dataset) -> Floats:
        """The scores of ``data`` as a pool of its own, ``[examples]``."""
        return scores(self, Held.of(data))


def scores(selector: Selector, pool: Pool) -> Floats:
    """What ``selector`` says of each document of ``pool``, ``[size]``; NaN where none is left.

    A selector that is made of others is asked once for the whole pool; any other learns, if it
    must, and is then asked about each part.
    """
    if isinstance(selector, Combines):

        def ask(one: Selector, alive: Alive | None) -> Floats:
            return scores(one, pool if alive is None else pool.only(alive))

        return selector.combine(pool, ask)
    ready = selector.learn(pool) if isinstance(selector, Learns) else seeded(selector, pool.seed)
    found = np.full(pool.size, np.nan)
    if isinstance(ready, Table):  # it was scored while it learned
        found[pool.left()] = -np.inf
        found[ready.rows] = ready.values
        return found
    name = spec(selector)
    for rows, values, reasons in pool.map(_scored, ready):
        found[rows] = values
        pool.tell(name, **reasons)
    return found


def seeded(selector: Any, seed: int) -> Any:
    """``selector`` with the seed of the pool, where it draws at random."""
    return selector.seeded(seed) if hasattr(selector, "seeded") else selector


def _scored(selector: Selector, part: Dataset) -> tuple[Any, Floats, dict[str, int]]:
    if isinstance(selector, Counts):
        values, reasons = selector.counted(part)
    else:
        values, reasons = selector.score(part), {}
    return rows_of(part), np.asarray(values, np.float64), reasons


def ranked(values: Floats, seed: int = 0) -> Floats:
    """The share of documents that each is above, in (0, 1], ``[size]``; equal ones in random order.

    NaN stays NaN, and minus infinity what it is: neither counts.
    """
    found = np.array(values, np.float64)
    real = np.flatnonzero(np.isfinite(found))
    if len(real):
        ties = np.random.default_rng(seed).random(len(real))
        order = np.lexsort((ties, found[real]))
        found[real[order]] = np.arange(1, len(real) + 1) / len(real)
    return found
