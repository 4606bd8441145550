"""Whether a score of doubt may be believed: validated on answers of which it is known if right.

Ranking (AUROC) and calibration (Brier score) are two things, and each stands beside what needs no
score: the length of an answer, and the base rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...runtime.formatting import percent
from ..resample import bootstrap, places
from ..weighted import ranking
from .calibration import calibrated, expected_calibration_error

RESAMPLES = 400
FEWEST = 20
"""Right and wrong answers together below which nothing is concluded."""

CURVE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of the answers that are kept, the surest first."""

SIGNAL = 0.5
"""An AUROC whose interval ends above this ranks right answers above wrong ones."""


@dataclass(frozen=True)
class Belief:
    """What a score is worth on ``n`` answers.

    ``auroc`` with its interval ``low`` to ``high``; the ``brier`` score and the expected
    calibration error ``ece`` of probabilities made by ``method`` in cross-validation. ``over`` is
    the AUROC minus that of the length alone, with its interval. ``curve`` holds pairs of a share
    of answers that is kept and how many of these are right.
    """

    name: str
    n: int
    auroc: float
    low: float
    high: float
    brier: float
    ece: float
    method: str
    over: tuple[float, float, float]
    curve: tuple[tuple[float, float], ...]

    @property
    def signal(self) -> bool:
        """Whether the score certainly ranks, and certainly better than the length alone."""
        return self.low > SIGNAL and self.over[1] > 0


@dataclass(frozen=True)
class Beliefs:
    """All scores of a table, the best first; and the controls."""

    n: int
    base: float
    length: float
    scores: tuple[Belief, ...]
    unknown: tuple[str, ...] = ()

    @property
    def brier(self) -> float:
        """The Brier score of saying the base rate of every answer."""
        return self.base * (1 - self.base)

    @property
    def lengthy(self) -> bool:
        """Whether the length alone ranks as well as the best score."""
        return bool(self.scores) and not any(score.signal for score in self.scores)

    def lines(self) -> Iterator[str]:
        """The table in words."""
        yield (
            f"{self.n:,} answers with known correctness, {percent(self.base)} right: saying so of"
            f" each has a Brier score of {self.brier:.3f}; the length alone ranks with AUROC"
            f" {self.length:.3f}"
        )
        for one in self.scores:
            yield (
                f"  {one.name:<32} AUROC {one.auroc:.3f} ({one.low:.3f} to {one.high:.3f})"
                f"  Brier {one.brier:.3f}  {one.method}"
            )
        yield from (f"  {name}: too few values to say anything" for name in self.unknown)
        yield self.sentence

    @property
    def sentence(self) -> str:
        """What follows: which score may be used, that length explains them, or that none may."""
        best = next((score for score in self.scores if score.signal), None)
        if best is not None:
            half = dict(best.curve)[0.5]
            return (
                f"{best.name} may be believed: of the surest half {percent(half)} are right,"
                f" of all {percent(self.base)}"
            )
        if max(self.length, 1 - self.length) > 0.6 and self.scores:
            return "the length of the answers explains what the scores say: none adds to it"
        return "no signal: no score certainly ranks right answers above wrong ones"


def beliefs(
    scores: Mapping[str, Floats],
    right: Floats,
    answers: Sequence[str],
    *,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Beliefs:
    """Validate each of ``scores``, ``[answers]`` with 1 for surest, against what is ``right``.

    ``right``, ``[answers]``, is 1 or 0, NaN where not known. Answers of one of the
    ``clusters`` are drawn and held out together. Raises `UnderdogError` if fewer than `FEWEST` are
    known, or all are alike.
    """
    known = ~np.isnan(right)
    truth = right[known].astype(np.float64)
    if len(truth) < FEWEST:
        raise UnderdogError(
            f"of {len(truth)} answers it is known whether they are right: too few to say anything",
            f"judge {FEWEST} or more, some of them right and some wrong",
        )
    if truth.min() == truth.max():
        every = "right" if truth[0] else "wrong"
        raise UnderdogError(
            f"all answers are {every}: no score can rank them", "judge some that are not"
        )
    length = np.array([float(len(answer)) for answer in answers])
    found, unknown = [], []
    for name, score in scores.items():
        rows = known & ~np.isnan(score)
        y = right[rows]
        if rows.sum() < FEWEST or y.min() == y.max():
            unknown.append(name)
            continue
        held = None if clusters is None else [clusters[i] for i in np.flatnonzero(rows).tolist()]
        found.append(_belief(name, score[rows], y > 0.5, length[rows], held, seed))
    found.sort(key=lambda one: -one.auroc)
    whole = np.ones((len(truth), 1))
    alone = float(ranking(length[known], truth > 0.5, whole)[0])
    return Beliefs(len(truth), float(truth.mean()), alone, tuple(found), tuple(unknown))


def _belief(
    name: str,
    score: Floats,
    right: NDArray[np.bool_],
    length: Floats,
    clusters: Sequence[str] | None,
    seed: int,
) -> Belief:
    whole = np.ones((len(score), 1))
    auroc = float(ranking(score, right, whole)[0])
    sign = 1.0 if ranking(length, right, whole)[0] >= 0.5 else -1.0
    drawn = [
        (ranking(score, right, block), ranking(sign * length, right, block))
        for block in bootstrap(len(score), clusters, RESAMPLES, seed)
    ]
    own = np.concatenate([one for one, _ in drawn])
    over = own - np.concatenate([other for _, other in drawn])
    low, high = _interval(own)
    toward = 1.0 if auroc >= 0.5 else -1.0  # of some scores the lower is better
    method, p = calibrated(toward * score, right, _folds(len(score), clusters, seed))
    return Belief(
        name,
        len(score),
        auroc,
        low,
        high,
        float(((p - right) ** 2).mean()),
        expected_calibration_error(p, right),
        method,
        (auroc - float(ranking(sign * length, right, whole)[0]), *_interval(over)),
        selective(toward * score, right.astype(np.float64)),
    )


def selective(score: Floats, right: Floats) -> tuple[tuple[float, float], ...]:
    """How many of the surest answers are right, for each share of `CURVE`.

    Of equal scores none comes first: each counts as their mean.
    """
    _, tie, size = np.unique(-score, return_inverse=True, return_counts=True)
    running = np.cumsum(np.repeat(np.bincount(tie, weights=right) / size, size))
    kept = [max(1, round(share * len(score))) for share in CURVE]
    return tuple((share, float(running[n - 1] / n)) for share, n in zip(CURVE, kept, strict=True))


def _folds(n: int, clusters: Sequence[str] | None, seed: int) -> NDArray[np.intp]:
    of = np.arange(n) if clusters is None else places(clusters)
    return np.random.default_rng(seed).permutation(int(of.max()) + 1)[of] % 5


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
