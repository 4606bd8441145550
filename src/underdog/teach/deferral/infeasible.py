"""When nothing can be promised: why, and what would help."""

from __future__ import annotations

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Learner
from ..bounds import binomial_p, fewest
from .calibration_set import Evidence
from .guarantees import Promise

LEAST = 20
"""Rows in either part below which there is nothing to talk about."""

CLEARLY = 0.005
"""How rarely a large model that is no worse than the small one may be called worse."""

FAR = 1_000_000
"""More labels than anybody will make."""


class Refusal(UnderdogError):
    """Nothing can be promised. ``labels`` is how many rows in all would probably do, or None."""

    def __init__(self, problem: str, hint: str, labels: int | None = None) -> None:
        super().__init__(problem, hint)
        self.labels = labels


def too_few(train: Dataset, rest: Dataset) -> None:
    """Raise where there are too few rows to fit or to certify."""
    if min(len(train), len(rest)) < LEAST:
        raise Refusal(
            f"{len(train)} rows to fit and {len(rest)} to certify are too few to promise anything",
            f"bring at least {LEAST} of each: some hundreds are usual",
            None,
        )


def pointless(evidence: Evidence, small: Learner) -> None:
    """Raise where the large model is itself clearly worse than the small one.

    McNemar's exact one-sided test, at level `CLEARLY`, on the rows that certify.
    """
    known = evidence.gold >= 0
    large, mine = evidence.large == evidence.gold, evidence.small == evidence.gold
    wins, losses = int((known & mine & ~large).sum()), int((known & large & ~mine).sum())
    if wins + losses and binomial_p(losses, wins + losses, 0.5) <= CLEARLY:
        n = max(int(known.sum()), 1)
        raise Refusal(
            f"the large model is itself worse than the small one: "
            f"{(known & large).sum() / n:.1%} right against {(known & mine).sum() / n:.1%} on "
            f"{n} rows",
            f"ship the small one: underdog fit FILE '{small!r}' --out FOLDER "
            "(or promise agreement: against='large')",
        )


def nothing(
    promise: Promise, evidence: Evidence, candidates: Floats, delta: float, total: int
) -> Refusal:
    """The refusal of ``promise``: what the sample shows, and how many rows would probably do.

    The guess takes the sample's own figures for the truth and looks for the smallest sample that
    would then pass somewhere; it promises nothing.
    """
    if promise.name == "budget":
        return Refusal(
            f"even the small model alone does not certifiably cost at most ${promise.limit:g} per "
            f"answer: its bound is ${promise.bound(evidence, evidence.sure > -1, delta):.3g}",
            "raise the budget",
        )
    rate, kept = _best(promise, evidence, candidates)
    known = len(evidence)
    what = f"{promise.name}={promise.limit:g} cannot be promised from {known} rows"
    if rate >= promise.limit:
        return Refusal(
            f"{what}: {promise.metric} is {rate:.1%} even where the small model is surest",
            "allow more, or keep the large model",
        )
    need = max(known + 1, round(fewest(promise.limit, delta, rate) / kept))
    labels = int(np.ceil(need * total / known))
    if labels > FAR:
        return Refusal(f"{what}, nor from any number anybody would label", "allow more")
    return Refusal(what, f"some {labels:,} rows in all would probably do, or allow more", labels)


def _best(promise: Promise, evidence: Evidence, candidates: Floats) -> tuple[float, float]:
    """The figure, and the share of rows kept, of the candidate that needs the fewest rows."""
    options = []
    for threshold in candidates:
        kept = evidence.sure >= threshold
        share = float(kept.mean())
        if share < 0.05:
            continue
        rate = max(promise.observed(evidence, kept), 0.0)
        need = fewest(promise.limit, 0.05, rate) / share if rate < promise.limit else np.inf
        options.append((need, rate, share))
    _, rate, share = min(options, default=(np.inf, 1.0, 1.0))
    return rate, share
