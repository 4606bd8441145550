"""A finite-sample bound on the drop in macro-F1, which is not a mean over texts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ..bounds import lower_bound, upper_bound

LabelIndices = NDArray[np.intp]
STAKES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Bet sizes, for samples of 100 to 10,000 texts on 1 to 10 % of which two models differ."""


def f1(gold: LabelIndices, said: LabelIndices, k: int) -> Floats:
    """The F1 of each class, shape ``[k]``; 0 for a class that neither occurs nor is predicted.

    ``gold`` and ``said`` are indices of labels, shape ``[texts]``.
    """
    both, named, there = _counts(gold, said, k)
    return 2 * both / np.maximum(named + there, 1)


def f1_drop(gold: LabelIndices, large: LabelIndices, system: LabelIndices) -> float:
    """The macro-F1 of ``large`` minus that of ``system``; all arguments are ``[texts]``."""
    k = int(gold.max()) + 1
    return float((f1(gold, large, k) - f1(gold, system, k)).mean())


def f1_drop_bound(
    gold: LabelIndices, large: LabelIndices, system: LabelIndices, delta: float
) -> float:
    """An upper confidence bound on the drop in macro-F1; finite-sample, and paired.

    For one class, ``F1(large) - F1(system)`` is the mean over texts of ``(2 hit(large) -
    f named(large)) - (2 hit(system) - f named(system))``, divided by ``D``, where ``f`` is
    F1(large) and ``D`` the share of texts predicted as the class plus the share of texts in it. A
    fifth of ``delta`` is spent on exact intervals for every ``f`` and ``D``. Each text is scored
    with the worst values in those intervals, which is 0 where the two models agree, and
    `staked_bound` bounds the mean score. Our own construction; we know of no paper with it.
    """
    scores, top = _worst_scores(gold, large, system, delta)
    return staked_bound(scores, top, delta * 4 / 5)


def f1_drop_holds(
    gold: LabelIndices, large: LabelIndices, system: LabelIndices, limit: float, delta: float
) -> bool:
    """Whether `f1_drop_bound` is at most ``limit``; about 40 times as fast."""
    scores, top = _worst_scores(gold, large, system, delta)
    return limit >= 1 or (scores.mean() <= limit and _capital(scores, limit, top) >= 1.25 / delta)


def _worst_scores(
    gold: LabelIndices, large: LabelIndices, system: LabelIndices, delta: float
) -> tuple[Floats, float]:
    """The most each text may add to the drop, ``[texts]``, and the most any text could add."""
    k, n = int(gold.max()) + 1, len(gold)
    each = delta / 5 / (6 * k)
    f_low, f_high = _f1_interval(gold, large, k, each)
    d_low, d_high = _weight_interval(gold, system, k, each)
    scores = np.zeros(n)
    for c in range(k):
        for sign, named in ((1.0, large == c), (-1.0, system == c)):
            gain = [sign * (2.0 * (gold == c) - f) * named for f in (f_low[c], f_high[c])]
            worst = np.maximum(*gain) * (large != system)
            scores += np.where(worst > 0, worst / d_low[c], worst / d_high[c]) / k
    return scores, float(3.0 / d_low.min() / k)


def staked_bound(scores: Floats, top: float, delta: float) -> float:
    """An upper confidence bound on the mean of ``scores``, none of which can exceed ``top``.

    A test by betting: a capital of 1 is split over `STAKES`, each betting that the scores fall
    short of a mean; means at which the capital would reach ``1 / delta`` are rejected (Markov's
    inequality). The stakes are fixed, so larger scores give a larger bound, and scores that are
    upper bounds of the true ones, as above, keep it valid. Stakes that could lose everything on a
    score of ``top`` are not used.
    """
    low, high = float(scores.mean()), min(top, 1.0)
    if _capital(scores, high, top) < 1 / delta:
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2
        refuted = _capital(scores, middle, top) >= 1 / delta
        low, high = (low, middle) if refuted else (middle, high)
    return high


def _capital(scores: Floats, mean: float, top: float) -> float:
    safe = [stake for stake in STAKES if stake * (top - mean) < 1]
    logs = [float(np.log1p(stake * (mean - scores)).sum()) for stake in safe]
    return sum(float(np.exp(min(log, 700.0))) for log in logs) / len(STAKES)


def _counts(gold: LabelIndices, said: LabelIndices, k: int) -> tuple[Floats, Floats, Floats]:
    """True positives, predictions and occurrences of each class, each ``[k]``."""
    both = np.bincount(gold[gold == said], minlength=k)[:k]
    named = np.bincount(said[(said >= 0) & (said < k)], minlength=k)[:k]
    return both.astype(float), named.astype(float), np.bincount(gold, minlength=k).astype(float)


def _f1_interval(
    gold: LabelIndices, said: LabelIndices, k: int, each: float
) -> tuple[Floats, Floats]:
    """Exact intervals for F1 = 2J / (1 + J): the Jaccard index J is a binomial proportion."""
    both, named, there = _counts(gold, said, k)
    either = named + there - both
    low, high = lower_bound(both, either, each), upper_bound(both, either, each)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def _weight_interval(
    gold: LabelIndices, said: LabelIndices, k: int, each: float
) -> tuple[Floats, Floats]:
    """Exact intervals for the share predicted plus the share occurring, per class, in [0, 2]."""
    both, named, there = _counts(gold, said, k)
    either, n = named + there - both, len(gold)
    low = lower_bound(either, n, each) + lower_bound(both, n, each)
    high = upper_bound(either, n, each) + upper_bound(both, n, each)
    return np.maximum(low, 1e-12), high
