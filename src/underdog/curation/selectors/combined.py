"""Selectors made of selectors: `both`, one after the other (`then`), and shares of sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Selector
from ...runtime.registry import register
from ...runtime.schema import Number
from ..pool import Pool, rows_of, sources_of
from ..scoring import Ask, Combining, ranked


@register("both")
@dataclass(frozen=True)
class Both(Combining):
    """What both like: the lower of two ranks. What either refuses is refused."""

    first: Selector
    second: Selector

    def combine(self, pool: Pool, ask: Ask) -> Floats:
        """The lower rank of each document, ``[size]``."""
        first, second = ask(self.first, None), ask(self.second, None)
        found: Floats = np.minimum(ranked(first, pool.seed), ranked(second, pool.seed))
        return found


@register("then", holds={"keep": Number(0, 1)})
@dataclass(frozen=True)
class Then(Combining):
    """The ``second`` chooses among what the ``first`` likes best: a share ``keep`` of the pool.

    What the first refuses never reaches the second, which may be slow. With keep=1 the first only
    refuses.
    """

    first: Selector
    second: Selector
    keep: float = 1.0

    def combine(self, pool: Pool, ask: Ask) -> Floats:
        """Ranks, ``[size]``: of those that passed above 1, of the others below."""
        rank = ranked(ask(self.first, None), pool.seed)
        passed = np.nan_to_num(rank, nan=-np.inf) > 1 - self.keep
        if not passed.any():
            return rank
        found = np.where(passed, 1 + ranked(ask(self.second, passed), pool.seed), rank)
        return found


@register("quota")
@dataclass(frozen=True)
class Quota(Combining):
    """The best of every source: equal ``shares``, or some for each source by name.

    Inside a source, ``by`` decides. A source that has too few documents gives what it has.
    """

    by: Selector
    shares: dict[str, float] | None = None

    def __hash__(self) -> int:
        return hash((self.by, str(self.shares)))

    def combine(self, pool: Pool, ask: Ask) -> Floats:
        """Scores, ``[size]``, of which the highest of any number hold the shares."""
        values, sources = ask(self.by, None), named(pool)
        shares = self.shares or dict.fromkeys(set(sources), 1.0)
        if unknown := set(shares) - set(sources):
            raise UnderdogError(
                f"the pool has no source {sorted(unknown)[0]!r}",
                f"it has: {', '.join(sorted(set(sources))[:20])}",
            )
        return in_shares(values, sources, shares, pool.seed)


def in_shares(
    values: Floats, sources: tuple[str, ...], shares: dict[str, float], seed: int
) -> Floats:
    """Scores whose highest hold ``shares`` of each source, by ``values`` inside it, ``[size]``.

    A source without a share is refused.
    """
    found, column = np.array(values, np.float64), np.array(sources)
    for source in sorted(set(sources)):
        mine = np.flatnonzero((column == source) & np.isfinite(found))
        share = shares.get(source, 0.0)
        rank = ranked(found[mine], seed)
        place = np.round((1 - rank) * len(mine)) + 0.5  # 0.5, 1.5, … from the best one on
        found[mine] = -place / share if share > 0 else -np.inf
    return found


def named(pool: Pool) -> tuple[str, ...]:
    """The source of every document of ``pool``; nothing for those that are not left."""
    found = np.full(pool.size, "", dtype=object)
    for rows, names in pool.map(_named, None):
        found[rows] = np.array(names, dtype=object)
    return tuple(found.tolist())


def _named(_: None, part: Dataset) -> tuple[np.ndarray, tuple[str, ...]]:
    return rows_of(part), sources_of(part)
