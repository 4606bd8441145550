"""An upper bound on the differences that random audits missed, valid at every moment."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from ...core.cost import Floats

SHARES = np.array([0.05, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9])
"""Alternatives of a test: audits detect at these shares of their rate."""

FOCUS, WIDTH = 0.75, 0.1
"""The weight of the alternatives near the one that a horizon calls for, and how near."""

DOUBTFUL = 2.0
"""An answer whose doubt is the limit itself is audited so many times as often as a sure one."""

MOST = 0.25
"""The highest rate of audits."""


def audit_rates(doubt: Floats, audit: float, risk: float) -> Floats:
    """How often answers with these estimated probabilities of differing are audited, ``[answers]``.

    Never less than ``audit``. A difference where many are expected tells more for its price: the
    variance of an estimate from audits is least at rates like the root of the doubt (Horvitz and
    Thompson, JASA 1952).
    """
    rates = audit * np.maximum(1.0, DOUBTFUL * np.sqrt(doubt / risk))
    highest = max(audit, MOST)
    return np.minimum(rates, highest)


@cache
def weights(horizon: float, audit: float, delta: float) -> Floats:
    """How much each of `SHARES` counts, ``[shares]``: most, that which allows most finds at the
    ``horizon``.

    ``horizon`` is the number of undetected differences that a bound is planned for. All arguments
    are fixed before the first audit.
    """
    growth = _growth(audit)
    credit = horizon * growth - np.log(1 / delta)
    best = SHARES[int(np.argmax(credit / -np.log(SHARES)))]
    near = np.exp(-0.5 * ((SHARES - best) / WIDTH) ** 2)
    mixed: Floats = FOCUS * near / near.sum() + (1 - FOCUS) / len(SHARES)
    return mixed


def price(rate: float | Floats, audit: float) -> Floats:
    """What a found difference takes from the evidence of each alternative, ``[..., shares]``.

    ``rate`` is how often its answer was audited, at least ``audit``.
    """
    odds = np.exp(_growth(audit))  # what an undetected difference multiplies the evidence by
    each = np.asarray(rate, float)[..., None]
    taken: Floats = -np.log((1 - (1 - each) * odds) / each)
    return taken


def undetected_bound(spent: Floats, horizon: float, audit: float, delta: float) -> float:
    """An upper bound on the undetected differences; ``spent`` is the sum of the finds' `price`.

    Each answer of the small model is audited with a probability that is known beforehand and at
    least ``audit``, independently. Whatever the texts, models, thresholds and rates, and however
    they depend on earlier results, the probability that the unaudited differences ever exceed the
    bound is at most ``delta``. So it may be read after every answer.

    Among the answers that differ, audits are independent coin tosses. An undetected difference
    multiplies the evidence of an alternative by the same number whatever the rate, and a found one
    by what makes the mean of both 1: so evidence is a martingale, and so is its mixture by
    `weights`; by Ville's inequality it exceeds 1/delta with probability at most ``delta`` (Howard
    et al., Annals of Statistics 2021). Where all rates are the same, an alternative is a likelihood
    ratio. Assumes nothing about the traffic; says nothing about what will come.
    """
    return _bound(tuple(np.asarray(spent, float).tolist()), horizon, audit, delta)


@lru_cache(maxsize=4096)
def _bound(spent: tuple[float, ...], horizon: float, audit: float, delta: float) -> float:
    growth, start = _growth(audit), np.log(weights(horizon, audit, delta)) - np.array(spent)
    target = np.log(1 / delta)
    low, high = 0.0, float(((target - start) / growth).min())
    for _ in range(60):
        middle = (low + high) / 2
        over = np.logaddexp.reduce(start + middle * growth) >= target
        low, high = (low, middle) if over else (middle, high)
    return float(high)


def affordable(
    credit: float, spent: Floats, each: Floats, horizon: float, audit: float, delta: float
) -> float:
    """The most further differences for which `undetected_bound` is expected within ``credit``.

    ``each`` is what one of them is expected to take from the evidence, found or not: `price` times
    the rate at which it is audited.
    """
    low, high = 0.0, 1.0 + max(0.0, 10 * credit)
    for _ in range(40):
        middle = (low + high) / 2
        fits = undetected_bound(spent + middle * each, horizon, audit, delta) <= credit
        low, high = (middle, high) if fits else (low, middle)
    return low


def _growth(audit: float) -> Floats:
    """What an undetected difference adds to the logarithm of the evidence, ``[shares]``."""
    grown: Floats = np.log1p(-audit * SHARES) - np.log1p(-audit)
    return grown
