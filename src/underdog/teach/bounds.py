"""Finite-sample bounds and tests for error rates and means; they assume only i.i.d. rows."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..core.cost import Floats


def upper_bound(errors: ArrayLike, n: ArrayLike, delta: float) -> Any:
    """An upper confidence bound on the error rate after ``errors`` in ``n`` trials.

    The exact one-sided binomial bound (Clopper and Pearson, Biometrika 1934): the true rate is
    above it with probability at most ``delta``. Arrays broadcast; the bound is 1 where ``n`` is 0.
    """
    from scipy.special import betaincinv

    errors, n = np.broadcast_arrays(np.asarray(errors, float), np.asarray(n, float))
    above = betaincinv(errors + 1, np.maximum(n - errors, 1), 1 - delta)
    return np.where(errors >= n, 1.0, above)[()]


def lower_bound(errors: ArrayLike, n: ArrayLike, delta: float) -> Any:
    """A lower confidence bound on the error rate; see `upper_bound`. Arrays broadcast."""
    return 1.0 - upper_bound(np.asarray(n, float) - np.asarray(errors, float), n, delta)


def binomial_p(errors: ArrayLike, n: ArrayLike, rate: float) -> Any:
    """The p-value of "the error rate is at least ``rate``" after ``errors`` in ``n`` trials."""
    from scipy.special import bdtr

    return bdtr(np.asarray(errors, float), np.asarray(n, np.int64), rate)


@lru_cache
def fewest(rate: float, delta: float, errors_rate: float = 0.0) -> int:
    """The smallest sample whose bound is at most ``rate`` if it errs at exactly ``errors_rate``.

    Raises ValueError unless 0 <= ``errors_rate`` < ``rate`` < 1.
    """
    if not 0.0 <= errors_rate < rate < 1.0:
        raise ValueError(f"no sample shows {errors_rate} to be less than {rate}")
    n = max(1, int(np.ceil(np.log(delta) / np.log1p(-rate))))
    while binomial_p(np.ceil(errors_rate * n), n, rate) > delta:
        n = n + 1 + n // 100
    return n


POWER = 0.8
"""The probability with which a test should pass on a sample of `rows_needed` rows."""


@lru_cache(maxsize=4096)
def rows_needed(rate: float, delta: float, errors_rate: float) -> float:
    """The sample size at which an error rate of ``errors_rate`` is shown to be at most ``rate``.

    The exact binomial test at level ``delta`` then passes with probability `POWER`. Found in steps
    of one per cent; infinite beyond ten million rows, or if ``errors_rate`` is not below ``rate``.
    """
    from scipy.special import ndtri
    from scipy.stats import binom

    if errors_rate >= rate:
        return float("inf")
    spread = ndtri(1 - delta) * np.sqrt(rate) + ndtri(POWER) * np.sqrt(errors_rate)
    n = max(fewest(rate, delta) - 1, int(0.8 * (spread / (rate - errors_rate)) ** 2 * (1 - rate)))
    while n <= 10_000_000:
        if binomial_p(binom.ppf(POWER, n, errors_rate), n, rate) <= delta:
            return float(n)
        n += 1 + n // 100
    return float("inf")


def betting_p(values: Floats, mean: float, delta: float = 0.05) -> float:
    """The p-value of "the mean of ``values``, ``[rows]`` in [0, 1], is at least ``mean``".

    One over the largest capital reached by betting that the values fall short of ``mean``
    (Waudby-Smith and Ramdas, JRSS-B 2024), with their predictable plug-in bets tuned to
    ``delta``. Valid at any stopping time; depends on the order of the values.
    """
    if not len(values) or mean <= 0.0:
        return 1.0
    if mean > 1.0:
        return 0.0
    bets = np.minimum(_plug_in(values, delta), 0.75 / max(1.0 - mean, 1e-9))
    capital = np.cumsum(np.log1p(bets * (mean - values)))
    return float(np.exp(-max(0.0, capital.max())))


def betting_bound(values: Floats, delta: float) -> float:
    """An upper bound at level ``delta`` on the mean of ``values``, ``[rows]`` in [0, 1]."""
    low, high = 0.0, 1.0
    if betting_p(values, high, delta) > delta:
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if betting_p(values, middle, delta) <= delta else (middle, high)
    return high


@lru_cache(maxsize=1 << 16)
def paired_p(losses: int, wins: int, n: int, margin: float) -> float:
    """The p-value of "losses minus wins are at least a share ``margin`` of all ``n`` pairs".

    ``losses`` counts the pairs in which the system alone is wrong, ``wins`` those in which the
    other alone is. Exact and unconditional: the score statistic of Tango (Statistics in Medicine
    1998), its tail summed over the trinomial and maximised over the unknown share of pairs that
    differ, within the confidence set of Berger and Boos (JASA 1994). The maximum is taken over a
    grid of 24 shares.
    """
    if n == 0 or margin <= 0 or losses - wins >= margin * n:
        return 1.0
    slack = 1e-3
    differ = losses + wins
    low = max(margin, float(lower_bound(differ, n, slack / 2)))
    high = max(low, float(upper_bound(differ, n, slack / 2)))
    seen = float(tango(losses, wins, n, margin))
    return min(1.0, _tail(np.linspace(low, high, 24)[:, None], seen, n, margin) + slack)


def paired_bound(losses: int, wins: int, n: int, delta: float) -> float:
    """An upper confidence bound on (losses - wins) / n; see `paired_p`."""
    low, high = max(0.0, (losses - wins) / n if n else 1.0), 1.0
    for _ in range(24):
        middle = (low + high) / 2
        fits = paired_p(losses, wins, n, middle) <= delta
        low, high = (low, middle) if fits else (middle, high)
    return high


def tango(losses: Any, wins: Any, n: int, margin: float) -> Floats:
    """Tango's score statistic of ``losses`` minus ``wins`` of ``n`` against ``margin``.

    Standard normal in large samples when the true difference is ``margin``; small values are
    evidence of a smaller difference. ``losses`` and ``wins`` may be arrays of one shape.
    """
    losses, wins = np.asarray(losses, float), np.asarray(wins, float)
    # under the constraint, the likeliest share of wins solves a x^2 + b x + c = 0
    a = 2.0 * n
    b = -losses - wins + (2.0 * n - losses + wins) * margin
    c = -wins * margin * (1.0 - margin)
    share = (np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    spread = np.sqrt(np.maximum(n * (2 * share + margin * (1 - margin)), 1e-300))
    score: Floats = (losses - wins - n * margin) / spread
    return score


def _plug_in(values: Floats, delta: float) -> Floats:
    """The predictable bets: sqrt(2 log(1/delta) / (n variance)), from earlier values only."""
    n = len(values)
    before = np.arange(1, n + 1)
    mean = (0.5 + np.cumsum(values)) / (before + 1)
    spread = (0.25 + np.cumsum((values - mean) ** 2)) / (before + 1)
    earlier = np.concatenate(([0.25], spread[:-1]))
    bets: Floats = np.sqrt(2 * np.log(1 / delta) / (n * earlier))
    return bets


def _tail(differ: Floats, seen: float, n: int, margin: float) -> float:
    """The largest chance of a score of ``seen`` or less over the shares ``differ``, ``[k, 1]``."""
    from scipy.special import bdtr
    from scipy.stats import binom

    spread = 5 * np.sqrt(n * differ * (1 - differ)) + 2
    low, high = (n * differ - spread).min(), (n * differ + spread).max()
    pairs = np.arange(max(0, int(low)), min(n, int(high) + 1) + 1)
    # the score grows with the losses: find the most losses that still score `seen` or less
    least, most = np.full(len(pairs), -1), pairs.copy()
    while (least < most).any():
        middle = (least + most + 1) // 2
        fits = tango(middle, pairs - middle, n, margin) <= seen + 1e-9
        least, most = np.where(fits, middle, least), np.where(fits, most, middle - 1)
    lost = np.minimum((1 + margin / differ) / 2, 1.0)  # of the pairs that differ
    chances = np.asarray(
        binom.pmf(pairs, n, differ) * bdtr(np.maximum(least, 0), pairs, lost) * (least >= 0)
    )
    return float(chances.sum(axis=1).max())
