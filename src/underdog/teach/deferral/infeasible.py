"""When no threshold can be guaranteed: the reason, and what would help."""

from __future__ import annotations

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Learner
from ..bounds import betting_p, binomial_p, rows_needed, upper_bound
from .guarantees import Guarantee
from .paired_answers import PairedAnswers

MIN_ROWS = 20
"""The fewest rows to fit on, and to certify with."""

WORSE_LEVEL = 0.005
"""The level of the test whether the large model is worse than the small one."""

MAX_ROWS = 1_000_000
"""Estimates above this many rows are not shown."""

DOUBT = 0.2
"""Each end of the estimated number of rows is missed with at most this probability."""


class Infeasible(UnderdogError):
    """No threshold can be guaranteed from these rows.

    ``rows`` is an interval for the number of labelled rows, in all, with which the guarantee
    would pass four times in five: (low, high), high None where the sample does not bound it.
    None where no number of rows is known to help.
    """

    def __init__(self, problem: str, hint: str, rows: tuple[int, int | None] | None = None) -> None:
        super().__init__(problem, hint)
        self.rows = rows


def check_enough_rows(train: Dataset, calibration: Dataset) -> None:
    """Raise `Infeasible` if there are too few rows to fit or to certify."""
    if min(len(train), len(calibration)) < MIN_ROWS:
        raise Infeasible(
            f"{len(train)} rows to fit and {len(calibration)} to certify are too few",
            f"give at least {MIN_ROWS} of each: some hundreds are usual",
        )


def check_large_is_better(paired: PairedAnswers, small: Learner) -> None:
    """Raise `Infeasible` if the large model is clearly less accurate than the small one.

    McNemar's exact one-sided test at level `WORSE_LEVEL` on the calibration rows with gold labels;
    of graded answers, a betting test of the mean difference.
    """
    known = paired.gold >= 0
    large, mine = 1.0 - paired.large_loss[known], 1.0 - paired.small_loss[known]
    if paired.losses is not None and not paired.losses.binary:
        clear = betting_p((large - mine + 1) / 2, 0.5, WORSE_LEVEL) <= WORSE_LEVEL
    else:
        wins, losses = int((mine > large).sum()), int((large > mine).sum())
        clear = wins + losses > 0 and binomial_p(losses, wins + losses, 0.5) <= WORSE_LEVEL
    if clear:
        raise Infeasible(
            f"the large model is less accurate than the small one: "
            f"{large.mean():.1%} against {mine.mean():.1%} on "
            f"{len(mine)} rows",
            f"use the small one alone: underdog fit FILE '{small!r}' --out FOLDER "
            "(or limit the disagreement: against='large')",
        )


def no_threshold(
    guarantee: Guarantee, paired: PairedAnswers, candidates: Floats, delta: float, total: int
) -> Infeasible:
    """The error that says what the sample shows, and how many rows would probably be enough.

    ``total`` is the number of rows of which ``paired`` are the calibration part. The estimate is
    an interval: its low end takes the observed rate for the true one, its high end the rate's
    upper bound at confidence 1 - `DOUBT`. Both ask for power 0.8. It guarantees nothing.
    """
    if guarantee.name == "budget":
        bound = guarantee.bound(paired, paired.confidence > -1, delta)
        return Infeasible(
            f"the small model alone is not certified to cost at most ${guarantee.limit:g} per "
            f"answer: its bound is ${bound:.3g}",
            "raise the budget",
        )
    n = len(paired)
    rate, local = _best_candidate(guarantee, paired, candidates)
    what = f"{guarantee.name}={guarantee.limit:g} cannot be guaranteed from {n} calibration rows"
    if rate >= guarantee.limit:
        return Infeasible(
            f"{what}: {guarantee.metric} is {rate:.1%} where the small model is most confident",
            "raise the limit, or keep the large model",
        )
    share = 1.0 if guarantee.name == "total" else local
    judged = round(share * n)
    worst = float(upper_bound(round(rate * judged), judged, DOUBT))
    per_row = total / n / share
    low = int(np.ceil(max(rows_needed(guarantee.limit, delta, rate) * per_row, total + 1)))
    if low > MAX_ROWS:
        return Infeasible(f"{what}, nor from a million", "raise the limit")
    high = None
    if worst < guarantee.limit:
        high = int(np.ceil(rows_needed(guarantee.limit, delta, worst) * per_row))
        high = max(low, high) if high <= MAX_ROWS else None
    if high is None:
        hint = f"at least {low:,} rows in all, perhaps many more, or a higher limit"
    else:
        hint = f"between {low:,} and {high:,} rows in all would probably be enough"
        hint += ", or raise the limit"
    return Infeasible(what, hint, (low, high))


def _best_candidate(
    guarantee: Guarantee, paired: PairedAnswers, candidates: Floats
) -> tuple[float, float]:
    """The observed rate and the local share of the candidate that needs the fewest rows."""
    options = []
    for threshold in candidates:
        local = paired.confidence >= threshold
        share = float(local.mean())
        if share < 0.05:
            continue
        rate = max(guarantee.observed(paired, local), 0.0)
        need = np.inf
        if rate < guarantee.limit:
            need = rows_needed(guarantee.limit, 0.05, rate) / share
        options.append((need, rate, share))
    _, rate, share = min(options, default=(np.inf, 1.0, 1.0))
    return rate, share
