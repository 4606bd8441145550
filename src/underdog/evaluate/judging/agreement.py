"""How far a score agrees with ratings, with intervals, beside what the length alone says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ..resample import bootstrap, group_sums, places

RESAMPLES, SEED = 1000, 0
FEWEST = 10
"""Rated outputs below which agreement is not measured."""

INSIDE = 3
"""Outputs of one source from which on agreement inside of it is measured."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Agreement:
    """How a score orders outputs, against their ratings, on ``outputs`` of them.

    ``value`` is the AUROC where there are two different ratings (.5 is chance), else Spearman's
    correlation (0 is chance), with a bootstrap ``interval`` over sources. ``given_length`` is
    Spearman's correlation with the length held fixed, ``beyond`` by how much the score is farther
    from chance than the length alone. ``inside`` is the mean correlation among outputs of one
    source, over ``sources`` that have several; None where there are none.
    """

    measure: str
    outputs: int
    value: float
    interval: Interval
    given_length: float
    given_length_interval: Interval
    beyond: float
    beyond_interval: Interval
    inside: float | None = None
    inside_interval: Interval | None = None
    sources: int = 0

    @property
    def chance(self) -> float:
        """The value of a score that knows nothing."""
        return 0.5 if self.measure == "AUROC" else 0.0

    @property
    def shown(self) -> bool:
        """Whether the interval excludes chance."""
        return not self.interval[0] <= self.chance <= self.interval[1]

    @property
    def beats_length(self) -> bool:
        """Whether the score is certainly farther from chance than the length alone."""
        return self.shown and self.beyond_interval[0] > 0

    @property
    def length_explains(self) -> bool:
        """Whether the score says nothing that the length does not, or certainly less."""
        low, high = self.given_length_interval
        against = low <= 0 <= high or (self.value < self.chance) != (self.given_length < 0)
        return self.shown and not self.beats_length and (against or self.beyond_interval[1] < 0)


def agreement(
    score: Floats, rating: Floats, length: Floats, groups: Sequence[str]
) -> Agreement | None:
    """How ``score`` agrees with ``rating``; all are of shape ``[outputs]``, NaN where unknown.

    None where fewer than `FEWEST` outputs have both, or where either never varies. Outputs of
    one of ``groups`` are drawn together.
    """
    rows = np.flatnonzero(~np.isnan(score) & ~np.isnan(rating))
    x, y, n = score[rows], rating[rows], length[rows]
    if len(rows) < FEWEST or len(np.unique(y)) < 2 or len(np.unique(x)) < 2:
        return None
    mine = [groups[i] for i in rows.tolist()]
    two = len(np.unique(y)) == 2
    point = _measured(x, y, n, np.ones((len(rows), 1)), two)
    clusters = None if len(set(mine)) == len(mine) else mine
    blocks = [_measured(x, y, n, w, two) for w in bootstrap(len(x), clusters, RESAMPLES, SEED)]
    drawn = np.concatenate(blocks, axis=1)
    value, given, beyond = (float(part[0]) for part in point)
    return Agreement(
        "AUROC" if two else "Spearman",
        len(rows),
        value,
        _interval(drawn[0]),
        given,
        _interval(drawn[1]),
        beyond,
        _interval(drawn[2]),
        *inside(x, y, mine),
    )


def inside(
    score: Floats, rating: Floats, groups: Sequence[str]
) -> tuple[float | None, Interval | None, int]:
    """The mean Spearman correlation inside of ``groups``, its interval, and how many groups count.

    ``score`` and ``rating`` have the shape ``[outputs]``. Of a group all of whose scores are equal
    the correlation is 0; one whose ratings are equal does not count.
    """
    of = places(groups)
    found = []
    for k in np.flatnonzero(np.bincount(of) >= INSIDE):
        x, y = score[of == k], rating[of == k]
        if len(np.unique(y)) > 1:
            ones = np.ones((len(x), 1))
            found.append(float(_correlation(ranks(x, ones), ranks(y, ones), ones)[0]))
    if len(found) < 2:
        return None, None, len(found)
    values = np.array(found)
    drawn = [w.T @ values / w.sum(axis=0) for w in bootstrap(len(values), None, RESAMPLES, SEED)]
    return float(values.mean()), _interval(np.concatenate(drawn)), len(found)


def ranks(values: Floats, weights: Floats) -> Floats:
    """The rank of each of ``values`` ``[outputs]`` among all, ``[outputs, resamples]``.

    Each counts as often as ``weights``, ``[outputs, resamples]``, says; equal values share a rank.
    """
    distinct, place = np.unique(values, return_inverse=True)
    mass = group_sums(place.astype(np.intp), len(distinct), np.ones(len(values)), weights)
    found: Floats = (np.cumsum(mass, axis=0) - mass / 2)[place]
    return found


def auroc(score: Floats, good: NDArray[np.bool_], weights: Floats | None = None) -> Floats:
    """The chance that a good output scores higher than a bad one, ``[resamples]``.

    ``score`` and ``good`` have the shape ``[outputs]``; ``weights`` ``[outputs, resamples]`` are 1
    by default. NaN where all outputs are good, or all bad.
    """
    weights = np.ones((len(score), 1)) if weights is None else weights
    distinct, place = np.unique(score, return_inverse=True)
    where = place.astype(np.intp)
    bad = group_sums(np.where(good, -1, where), len(distinct), np.ones(len(score)), weights)
    below = (np.cumsum(bad, axis=0) - bad / 2)[where]
    mine = weights * good[:, None]
    pairs = mine.sum(axis=0) * bad.sum(axis=0)
    hits = (mine * below).sum(axis=0)
    found: Floats = np.divide(hits, pairs, out=np.full_like(hits, np.nan), where=pairs > 0)
    return found


def _measured(x: Floats, y: Floats, n: Floats, weights: Floats, two: bool) -> Floats:
    """The agreement, that with the length held fixed, and how far it is beyond that of the length:
    ``[3, resamples]``.
    """
    rx, ry, rn = (ranks(values, weights) for values in (x, y, n))
    xy, xn, yn = (_correlation(a, b, weights) for a, b in ((rx, ry), (rx, rn), (ry, rn)))
    rest = np.sqrt(np.maximum((1 - xn**2) * (1 - yn**2), 0.0))
    given = np.divide(xy - xn * yn, rest, out=np.zeros_like(xy), where=rest > 1e-9)
    if not two:
        return np.stack([xy, given, np.abs(xy) - np.abs(yn)])
    good = y == y.max()
    mine, alone = auroc(x, good, weights), auroc(n, good, weights)
    return np.stack([mine, given, np.abs(mine - 0.5) - np.abs(alone - 0.5)])


def _correlation(a: Floats, b: Floats, weights: Floats) -> Floats:
    """Pearson's correlation of columns, ``[outputs, resamples]``; 0 where one is constant."""
    total = weights.sum(axis=0)
    a = a - (a * weights).sum(axis=0) / total
    b = b - (b * weights).sum(axis=0) / total
    both = (weights * a * b).sum(axis=0)
    spread = np.sqrt((weights * a * a).sum(axis=0) * (weights * b * b).sum(axis=0))
    found: Floats = np.divide(both, spread, out=np.zeros_like(both), where=spread > 1e-12)
    return found


def _interval(drawn: Floats) -> Interval:
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return float(low), float(high)
