"""The least score with which outputs may pass, so that few that pass are bad: guaranteed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.texts import draw
from ...evaluate.judging.agreement import auroc
from ...evaluate.resample import places
from ...teach.bounds import betting_p, binomial_p
from ...teach.deferral.certificate import candidates, first_test
from ...teach.deferral.guarantees import BETTING, Risk

FEWEST = 40
"""Rated outputs below which no threshold is tried: half of them choose, half of them test."""

SENSIBLE = 20
"""Times as many ratings as there are, beyond which it is no advice to rate more."""

SOME = 5
"""Outputs that pass from which on the share of bad ones among them is worth telling."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Threshold:
    """At which score outputs may pass, and what is guaranteed of those that do.

    ``score`` orders outputs; one passes at ``least`` or more, or, where ``lower`` scores are
    better, at ``least`` or less; where it is None there is no threshold, and ``why`` says why. Of
    the outputs that pass at most a share ``risk`` is bad, with probability ``1 - delta``;
    ``observed`` is the bad share of those of ``tested`` that pass, ``bound`` an upper bound on it
    at level ``delta``, and ``passing`` the share of all outputs that pass.
    """

    score: str
    lower: bool
    risk: float
    delta: float
    tested: int
    least: float | None = None
    observed: float | None = None
    bound: float | None = None
    passing: float | None = None
    method: str = ""
    why: str = ""

    @property
    def sentence(self) -> str:
        """The guarantee, or why there is none, in a sentence."""
        if self.least is None or self.passing is None:
            return f"No score is good enough for a threshold: {self.why}."
        side = "at most" if self.lower else "at least"
        return (
            f"Of the outputs that score {side} {self.least:.3f} on {self.score}, at most "
            f"{_percent(self.risk)} % are bad, with probability {_percent(1 - self.delta)} %; "
            f"{100 * self.passing:.0f} % of the outputs pass."
        )


def threshold(
    scores: dict[str, Floats],
    ratings: tuple[Floats, Mask],
    groups: Sequence[str],
    risk: float = 0.05,
    delta: float = 0.05,
) -> Threshold:
    """The threshold for one of ``scores``, by name ``[outputs]``, NaN unknown.

    ``ratings`` are all ratings, ``[outputs]``, NaN unknown, and which outputs are bad. Half of the
    groups with a rating choose the score and the candidates, the other half test them, in a fixed
    sequence (Learn-then-Test, Angelopoulos et al., AOAS 2025): exact binomial where each
    output stands alone, by betting on the means of groups where they hold several.
    """
    values, bad = ratings
    rated = ~np.isnan(values)
    half = chooses(groups)
    choose, test = np.flatnonzero(rated & half), np.flatnonzero(rated & ~half)
    nothing = Threshold("", False, risk, delta, len(test))
    if len(choose) + len(test) < FEWEST:
        few = int(rated.sum())
        said = "1 rated output is" if few == 1 else f"{few} rated outputs are"
        return _without(nothing, f"{said} too few, {FEWEST} are needed")
    if min(len(choose), len(test)) < FEWEST // 4:
        return _without(nothing, "half of the sources choose it, half test it; these are too few")
    if not bad[choose].any() or bad[choose].all():
        which = "all" if bad[choose].any() else "none"
        return _without(nothing, f"{which} of the outputs that choose a score are bad")
    strengths = {name: _strength(score[choose], bad[choose]) for name, score in scores.items()}
    best = max(strengths, key=lambda name: abs(strengths[name] - 0.5))
    lower = strengths[best] < 0.5
    sure = np.nan_to_num(-scores[best] if lower else scores[best], nan=-np.inf)
    found = Threshold(best, lower, risk, delta, len(test))
    if not np.isfinite(sure[choose]).any():
        return _without(found, "no score is known of the rated outputs")
    return _tested(found, sure, (choose, test), bad, [groups[i] for i in test.tolist()])


def chooses(groups: Sequence[str]) -> Mask:
    """Which outputs choose the score and the candidates, ``[outputs]``; the others test them."""
    return np.array([draw(f"judge:{group}") < 0.5 for group in groups])


def _strength(score: Floats, bad: Mask) -> float:
    known = ~np.isnan(score)
    found = float(auroc(score[known], ~bad[known])[0]) if known.any() else 0.5
    return 0.5 if found != found else found


def _tested(
    found: Threshold,
    sure: Floats,
    halves: tuple[NDArray[np.intp], NDArray[np.intp]],
    bad: Mask,
    groups: Sequence[str],
) -> Threshold:
    """``found`` with the last candidate up to which every test passed."""
    choose, test = halves
    finite = sure[np.isfinite(sure)]
    low, span = float(finite.min()), float(np.ptp(finite)) or 1.0
    scale = (sure - low) / span + 1.0  # candidates are positive, as confidences are
    order = test[np.argsort([draw(f"bet:{group}") for group in groups], kind="stable")]
    named = dict(zip(test.tolist(), groups, strict=True))
    cases = _Cases(bad[order], places([named[i] for i in order.tolist()]))
    known = scale[choose][np.isfinite(scale[choose])]
    tries = candidates(known)
    passing = [scale[order] >= level for level in tries]
    first = first_test([int(p.sum()) for p in passing], Risk(found.risk), len(order), found.delta)
    last = None
    for i in range(first, len(tries)):
        if cases.p(passing[i], found.risk, found.delta) > found.delta:
            break
        last = i
    if last is None:
        return _without(found, _reason(found, cases, passing, first))
    level = (tries[last] - 1.0) * span + low
    at = passing[last]
    return Threshold(
        *(found.score, found.lower, found.risk, found.delta, found.tested),
        least=float(-level if found.lower else level),
        observed=float(cases.bad[at].mean()),
        bound=cases.bound(at, found.delta),
        passing=float((scale >= tries[last]).mean()),
        method="exact binomial (Clopper-Pearson)" if cases.alone else BETTING,
    )


@dataclass(frozen=True, eq=False)
class _Cases:
    """Rated outputs that test: which are ``bad``, and the ``group`` of each, both ``[outputs]``."""

    bad: Mask
    group: NDArray[np.intp]

    @property
    def alone(self) -> bool:
        """Whether each output is the only one of its group."""
        return len(np.unique(self.group)) == len(self.group)

    def p(self, passing: Mask, risk: float, delta: float) -> float:
        """The p-value of "of the outputs that pass, at least a share ``risk`` is bad"."""
        if not passing.any():
            return 1.0
        if self.alone:
            return float(binomial_p(self.bad[passing].sum(), passing.sum(), risk))
        excess = np.where(passing, self.bad - risk, 0.0)
        most = np.bincount(self.group).max()
        return betting_p(np.bincount(self.group, excess) / most + risk, risk, delta)

    def bound(self, passing: Mask, delta: float) -> float:
        """An upper bound at level ``delta`` on the share of bad outputs among those that pass."""
        low, high = 0.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            fits = self.p(passing, middle, delta) <= delta
            low, high = (low, middle) if fits else (middle, high)
        return high

    def times(self, passing: Mask, risk: float, delta: float) -> int | None:
        """How many times as many such outputs would prove it; None beyond `SENSIBLE` times."""
        groups = int(self.group.max()) + 1
        for k in range(2, SENSIBLE + 1):
            more = np.concatenate([self.group + i * groups for i in range(k)])
            if _Cases(np.tile(self.bad, k), more).p(np.tile(passing, k), risk, delta) <= delta:
                return k
        return None


def _reason(found: Threshold, cases: _Cases, passing: Sequence[Mask], first: int) -> str:
    """Why no candidate passed: the share of bad outputs at the top, and what would help."""
    few_bad = [p for p in passing if p.sum() >= SOME and cases.bad[p].mean() <= found.risk / 2]
    at = few_bad[-1] if few_bad else passing[min(first, len(passing) - 1)]
    n, wrong = int(at.sum()), int(cases.bad[at].sum())
    bad = "1 is" if wrong == 1 else f"{wrong:,} are" if wrong else "none is"
    seen = f"of the {n:,} tested outputs that score best on {found.score}, {bad} bad"
    if not few_bad:
        return f"{seen}, and at most {_percent(found.risk)} % may be"
    times = cases.times(at, found.risk, found.delta)
    if times is None:
        return f"{seen}, and so few prove too little"
    ratings = round(2 * times * found.tested, -1)
    return f"{seen}: too few to prove it; about {ratings:,} ratings in all may do so"


def _without(found: Threshold, why: str) -> Threshold:
    return Threshold(found.score, found.lower, found.risk, found.delta, found.tested, why=why)


def _percent(share: float) -> str:
    return f"{100 * share:g}"
