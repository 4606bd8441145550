"""Which of two models is better, decided by judging only the texts on which they differ.

Where two models give the same answer, both are right or both are wrong: their accuracies differ
on the other texts alone. Those are judged in random order, and a test that may be looked at after
every judgement says when the question is settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.cost import Floats

Integers = NDArray[np.intp]

DECISIONS = ("", "ship", "keep")

LEVEL = 0.05
"""The chance of a wrong decision, at most, however often one looks."""

SHARE = 0.1
"""The part of `LEVEL` that is spent on not knowing exactly how often the models differ."""

BETS = 64
"""Sizes of bets between which the test hedges."""

PATHS = 200
"""Simulated courses from which the number of judgements to come is estimated."""


@dataclass(frozen=True)
class Judgements:
    """Counts over the judged texts.

    ``wins`` where only the small model is right, ``losses`` where only the large one is, ``ties``
    where neither is, or both are.
    """

    wins: int = 0
    losses: int = 0
    ties: int = 0

    def __len__(self) -> int:
        return self.wins + self.losses + self.ties


@dataclass(frozen=True)
class Adjudication:
    """The question: does the small model lose more than ``margin`` of accuracy to the large one?

    ``texts`` were answered by both, ``differing`` of them differently. ``margin`` is a share, as
    0.01 for one point. Decisions hold for texts drawn like these, with probability 1 - `LEVEL`,
    if the differing texts are judged in random order.
    """

    texts: int
    differing: int
    margin: float

    def decision(self, seen: Judgements) -> str:
        """``ship`` (not worse by the margin), ``keep`` (worse by more), or an empty string: go on.

        An outcome that was reached earlier stands: see `settled`.
        """
        counts = np.array([[seen.wins, seen.losses, seen.ties]], float)
        return DECISIONS[int(self._decisions(counts)[0])]

    def settled(self, outcomes: Sequence[int]) -> tuple[int, str]:
        """After how many ``outcomes`` (1 win, -1 loss, 0 tie, in order) it is decided, and how.

        All of them and an empty string if it is not.
        """
        if not len(outcomes):
            return 0, self.decision(Judgements())
        decisions = self._decisions(_counted(Judgements(), np.asarray(outcomes)))
        first = int(np.argmax(decisions != 0))
        if not decisions[first]:
            return len(outcomes), ""
        return first + 1, DECISIONS[int(decisions[first])]

    def interval(self, seen: Judgements) -> tuple[float, float]:
        """Bounds on the difference in accuracy, small minus large; valid at every moment."""
        low, high = self._rates
        size = np.log(2 / self._level)  # the level is shared by two sides
        grid = np.linspace(0.0, 1.0, 401)
        counts = np.array([[seen.wins, seen.losses, seen.ties]], float)
        least = next((g for g in grid if _log_capital(counts, g)[0] < size), 1.0)
        most = 1 - next((g for g in grid if _log_capital(counts[:, [1, 0, 2]], g)[0] < size), 1.0)
        bottom, top = 2 * least - 1, 2 * most - 1
        return (
            float(bottom * (high if bottom < 0 else low)),
            float(top * (high if top > 0 else low)),
        )

    def expected(self, seen: Judgements, seed: int = 0) -> int:
        """About how many more judgements will settle it: the median over simulated courses.

        Each course draws its shares of wins, losses and ties from what ``seen`` leaves plausible.
        It is at most the number of differing texts that are left.
        """
        left = self.differing - len(seen)
        if left <= 0 or self.decision(seen):
            return 0
        rng, lengths = np.random.default_rng(seed), []
        for shares in rng.dirichlet([1 + seen.wins, 1 + seen.losses, 0.2 + seen.ties], PATHS):
            outcomes = rng.choice([1, -1, 0], size=left, p=shares)
            decisions = self._decisions(_counted(seen, outcomes))
            lengths.append(int(np.argmax(decisions != 0)) + 1 if decisions.any() else left)
        return int(np.median(lengths))

    def outlook(self, seen: Judgements) -> str:
        """How many more judgements it will take, in words, or that there may be too few."""
        expected, left = self.expected(seen), self.differing - len(seen)
        if expected >= left:
            return f"the {left:,} differing texts that are left may be too few to settle it"
        return f"about {expected:,} more judgements will probably settle it"

    def _decisions(self, counts: Floats) -> Integers:
        """The place in `DECISIONS` for each row of ``counts``, ``[moments, 3]``: ``[moments]``.

        The bets are against "worse by more than the margin" and against "not worse by more than
        the margin". The mean that each bets on is that of (outcome + 1) / 2.
        """
        low, high = self._rates
        if high <= self.margin:  # even if every differing text were lost
            return np.full(len(counts), DECISIONS.index("ship"))
        bar = np.log(1 / self._level)
        ship = _log_capital(counts, (1 - self.margin / high) / 2) >= bar
        worse = (1 + self.margin / max(low, self.margin)) / 2
        keep = _log_capital(counts[:, [1, 0, 2]], worse) >= bar
        kept = np.where(keep, DECISIONS.index("keep"), 0)
        return np.where(ship, DECISIONS.index("ship"), kept)

    @property
    def _level(self) -> float:
        return LEVEL * (1 - SHARE)

    @cached_property
    def _rates(self) -> tuple[float, float]:
        """Bounds on how often the models differ (Clopper and Pearson, Biometrika 1934)."""
        from scipy.special import betaincinv

        k, n, level = self.differing, self.texts, LEVEL * SHARE
        low = betaincinv(k, n - k + 1, level) if k else 0.0
        high = betaincinv(k + 1, n - k, 1 - level) if k < n else 1.0
        return float(low), float(high)


def _counted(seen: Judgements, outcomes: Integers) -> Floats:
    """Wins, losses and ties after each of ``outcomes``, beside those in ``seen``: ``[n, 3]``."""
    each = np.stack([outcomes > 0, outcomes < 0, outcomes == 0], axis=1)
    counts: Floats = np.cumsum(each, axis=0) + np.array([seen.wins, seen.losses, seen.ties], float)
    return counts


def _log_capital(counts: Floats, mean: float) -> Floats:
    """What bets that outcomes exceed ``mean`` have made of 1, as a logarithm: ``[moments]``.

    A uniform mixture of constant bets (Waudby-Smith and Ramdas, JRSS-B 2024). If the true mean of
    (outcome + 1) / 2 is at most ``mean``, the capital ever reaches 1 / level with probability
    level at most (Ville's inequality).
    """
    if mean >= 1.0:
        return np.zeros(len(counts))
    if mean <= 0.0:
        return np.where(counts[:, 0] + counts[:, 2] > 0, np.inf, 0.0)
    bets = (np.arange(BETS) + 0.5) / BETS / mean
    gains = np.stack([np.log1p(bets * (1 - mean)), np.log1p(-bets * mean)])
    logs = counts[:, :2] @ gains + counts[:, 2:] * np.log1p(bets * (0.5 - mean))
    top = logs.max(axis=1)
    capital: Floats = top + np.log(np.exp(logs - top[:, None]).mean(axis=1))
    return capital
