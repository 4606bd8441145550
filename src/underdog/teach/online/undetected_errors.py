"""An upper bound on the differences that random audits missed, valid at every moment."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SHARES = np.array([0.0, 0.1, 0.3, 0.5, 0.65, 0.8])
WEIGHTS = np.array([0.4, 0.1, 0.1, 0.13, 0.13, 0.14])
"""A mixture of alternatives: audits detect at these shares of their rate; and the weights."""


@lru_cache(maxsize=4096)
def undetected_bound(found: float, audit: float, delta: float) -> float:
    """An upper bound on the undetected differences when audits at rate ``audit`` found ``found``.

    Each answer of the small model is audited with probability ``audit``, independently. Whatever
    the texts, models and thresholds, and however they depend on earlier results, the probability
    that the unaudited differences ever exceed the bound is at most ``delta``. So it may be read
    after every answer.

    Among the answers that differ, audits are independent coin tosses. For every share c < 1 the
    likelihood ratio of "audited at c times the rate" is a martingale with mean 1, and so is
    the mixture over `SHARES`; by Ville's inequality it exceeds 1/delta with probability at most
    ``delta`` (Howard et al., Annals of Statistics 2021). ``found`` may be a fraction, for
    planning. Assumes nothing about the traffic; says nothing about what will come.
    """
    rates = audit * SHARES
    missed = np.log1p(-rates) - np.log1p(-audit)  # what an unseen disagreement adds, per share
    with np.errstate(divide="ignore"):
        start = np.log(WEIGHTS) + (found * np.log(SHARES) if found else 0.0)
    low, high = 0.0, (np.log(1 / delta) - start[-1]) / missed[-1]
    for _ in range(60):
        middle = (low + high) / 2
        over = np.logaddexp.reduce(start + middle * missed) >= np.log(1 / delta)
        low, high = (low, middle) if over else (middle, high)
    return float(high)


def affordable(credit: float, audit: float, delta: float) -> float:
    """The most differences audits may find while `undetected_bound` stays within ``credit``."""
    low, high = 0.0, 1.0 + max(0.0, credit)
    for _ in range(40):
        middle = (low + high) / 2
        fits = undetected_bound(middle, audit, delta) <= credit
        low, high = (middle, high) if fits else (low, middle)
    return low
