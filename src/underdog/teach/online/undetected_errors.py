"""How many disagreements random audits may have missed: a bound that holds at every moment."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SHARES = np.array([0.0, 0.1, 0.3, 0.5, 0.65, 0.8])
WEIGHTS = np.array([0.4, 0.1, 0.1, 0.13, 0.13, 0.14])
"""How far below their rate audits are suspected to have shown, and how strongly."""


@lru_cache(maxsize=4096)
def unseen(found: float, audit: float, delta: float) -> float:
    """The most disagreements that have gone unseen, if audits at rate ``audit`` found ``found``.

    Each answer of the small model is audited by the toss of a coin that shows ``audit`` of the
    time. Whatever the texts, the models and the thresholds were, and however they followed from
    earlier results, the answers that differed and were not audited are more than this at some
    moment with probability at most ``delta``: the bound may be looked at after every answer.

    Among the answers that differ, audits are independent tosses. For every share c < 1 the
    likelihood ratio of "tosses show at c times the rate" is a martingale with mean 1, and so is
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
    """How many disagreements audits may find before `unseen` exceeds ``credit``, fractions too."""
    low, high = 0.0, 1.0 + max(0.0, credit)
    for _ in range(40):
        middle = (low + high) / 2
        fits = unseen(middle, audit, delta) <= credit
        low, high = (middle, high) if fits else (low, middle)
    return low
