"""What can be guaranteed about a cascade, and the test that decides it from a sample.

A guarantee limits one quantity. Its tests take the paired answers of the calibration rows, and a
mask ``local``, shape ``[rows]``: the rows that the small model would answer itself. `bound` is an
upper confidence bound on the quantity at level ``delta``; `holds` says whether it is within the
limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ..bounds import betting_bound, betting_p, binomial_p, upper_bound
from .paired_answers import Mask, PairedAnswers

METRICS = ("accuracy", "macro_f1", "recall")
BETTING = "betting (Waudby-Smith & Ramdas)"
DISAGREEMENT = "disagreement with the large model"


class Guarantee(Protocol):
    """A quantity, its limit, and a finite-sample test of whether the limit is respected."""

    name: ClassVar[str]
    harder_when_deferring: ClassVar[bool]
    """Whether sending more texts to the large model makes the limit harder to respect."""

    @property
    def limit(self) -> float: ...
    @property
    def metric(self) -> str: ...
    @property
    def method(self) -> str: ...
    def check(self, paired: PairedAnswers) -> None:
        """Raise `UnderdogError` if these rows cannot decide the guarantee at all."""
        ...

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool: ...
    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float: ...
    def observed(self, paired: PairedAnswers, local: Mask) -> float: ...


@dataclass(frozen=True)
class Risk:
    """The error rate among the answers that the small model gives itself.

    An answer is an error if it differs from the gold label (``against="gold"``), or from the large
    model's answer (``"large"``); there, an abstention of the large model counts as different. With
    ``"both"`` a few gold labels are combined with many answers of the large model
    (prediction-powered inference, Angelopoulos et al., Science 2023, with the bounds of this
    package in place of the normal approximation).
    """

    limit: float
    against: str = "gold"
    graded: str = ""
    betting: bool = False
    name: ClassVar[str] = "risk"
    harder_when_deferring: ClassVar[bool] = False

    @property
    def metric(self) -> str:
        return loss_name(self.against, self.graded)

    @property
    def method(self) -> str:
        if self.betting and self.against != "both":
            return BETTING
        both = "prediction-powered betting bounds (Waudby-Smith & Ramdas)"
        return both if self.against == "both" else "exact binomial (Clopper-Pearson)"

    def check(self, paired: PairedAnswers) -> None:
        _check_reference(paired, self.against, self.limit)

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool:
        if self.against == "both":
            return self._powered(paired, local, delta, self.limit) <= 0
        if self.betting:
            return betting_p(self._judged(paired, local), self.limit, delta) <= delta
        errors, n = self._count(paired, local)
        return n > 0 and bool(binomial_p(errors, n, self.limit) <= delta)

    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float:
        if self.against != "both" and self.betting:
            return betting_bound(self._judged(paired, local), delta)
        if self.against != "both":
            return float(upper_bound(*self._count(paired, local), delta))
        low, high = 0.0, 1.0
        for _ in range(20):
            middle = (low + high) / 2
            fits = self._powered(paired, local, delta, middle) <= 0
            low, high = (low, middle) if fits else (middle, high)
        return high

    def observed(self, paired: PairedAnswers, local: Mask) -> float:
        errors, n = self._count(paired, local)
        return errors / n if n else float("nan")

    def _judged(self, paired: PairedAnswers, local: Mask) -> Floats:
        """The losses of the local answers that have a reference."""
        wrong, judged = errors_against(paired, self.against)
        return wrong[judged & local]

    def _count(self, paired: PairedAnswers, local: Mask) -> tuple[float, int]:
        """Errors among the local answers that have a reference, and how many of those there are."""
        losses = self._judged(paired, local)
        return float(losses.sum()), len(losses)

    def _powered(self, paired: PairedAnswers, local: Mask, delta: float, rate: float) -> float:
        """An upper bound on the mean over rows of (error - ``rate``), counted where local."""
        gold = paired.gold >= 0
        few, many = paired.take(gold), paired.take(~gold)
        if not len(few) or not len(many):
            return 1.0
        disputed = local[~gold] * (many.apart - rate)  # in [-rate, 1 - rate]
        proxy = betting_bound(disputed + rate, delta / 2) - rate
        off = local[gold] * (few.small_loss - few.apart)  # how far the proxy is off
        return proxy + 2.0 * betting_bound((off + 1.0) / 2.0, delta / 2) - 1.0


@dataclass(frozen=True)
class Total:
    """Errors of the small model as a share of all requests, those of the large model included.

    Counts a request if the small model answers it and the answer differs from the gold label
    (``against="gold"``) or from the large model's answer (``"large"``). Since it can only fall
    when more is deferred, it allows more local answers than a `Risk` of the same size.
    """

    limit: float
    against: str = "gold"
    graded: str = ""
    betting: bool = False
    name: ClassVar[str] = "total"
    harder_when_deferring: ClassVar[bool] = False

    @property
    def metric(self) -> str:
        return loss_name(self.against, self.graded)

    @property
    def method(self) -> str:
        return BETTING if self.betting else "exact binomial (Clopper-Pearson)"

    def check(self, paired: PairedAnswers) -> None:
        _check_reference(paired, self.against, self.limit)

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool:
        if self.betting:
            return betting_p(self._judged(paired, local), self.limit, delta) <= delta
        errors, n = self._count(paired, local)
        return n > 0 and bool(binomial_p(errors, n, self.limit) <= delta)

    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float:
        if self.betting:
            return betting_bound(self._judged(paired, local), delta)
        return float(upper_bound(*self._count(paired, local), delta))

    def observed(self, paired: PairedAnswers, local: Mask) -> float:
        errors, n = self._count(paired, local)
        return errors / n if n else float("nan")

    def _judged(self, paired: PairedAnswers, local: Mask) -> Floats:
        """The losses of all rows that have a reference; 0 where the large model answers."""
        wrong, judged = errors_against(paired, self.against)
        return (wrong * local)[judged]

    def _count(self, paired: PairedAnswers, local: Mask) -> tuple[float, int]:
        """Local errors, and all rows that have a reference."""
        losses = self._judged(paired, local)
        return float(losses.sum()), len(losses)


@dataclass(frozen=True)
class MeanCost:
    """The mean dollars per answer, with everything that was asked on the way included.

    Assumes that no answer costs more than ``cap`` dollars: no sample bounds the mean of an
    unbounded cost.
    """

    limit: float
    cap: float
    metric: ClassVar[str] = "dollars per answer"
    method: ClassVar[str] = BETTING
    name: ClassVar[str] = "budget"
    harder_when_deferring: ClassVar[bool] = True

    def check(self, paired: PairedAnswers) -> None:
        unknown = int(np.isnan(paired.large_dollars).sum() + np.isnan(paired.small_dollars).sum())
        if unknown:
            raise UnderdogError(
                f"the cost of {unknown} answers is unknown, so the mean cost cannot be guaranteed",
                "give the price: recorded('column', price='cost_column') or price=0.003",
            )

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool:
        shares = self._costs(paired, local) / self.cap
        return betting_p(shares, self.limit / self.cap, delta) <= delta

    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float:
        return self.cap * betting_bound(self._costs(paired, local) / self.cap, delta)

    def observed(self, paired: PairedAnswers, local: Mask) -> float:
        return float(self._costs(paired, local).mean())

    def _costs(self, paired: PairedAnswers, local: Mask) -> Floats:
        costs: Floats = paired.small_dollars + np.where(local, 0.0, paired.large_dollars)
        return np.minimum(costs, self.cap)


def errors_against(paired: PairedAnswers, reference: str) -> tuple[Floats, Mask]:
    """How wrong the small model's answers are, and which can be judged; both ``[rows]``.

    ``reference`` is ``"large"`` for the large model's answers, anything else for gold labels.
    """
    if reference == "large":
        return paired.apart, np.ones(len(paired), bool)
    return paired.small_loss, paired.gold >= 0


def loss_name(against: str, graded: str) -> str:
    """What a guarantee limits, in words; ``graded`` is what a mean grade says, if any."""
    if against == "large":
        return f"loss of {graded} against the large model" if graded else DISAGREEMENT
    return f"loss of {graded}" if graded else "error"


def _check_reference(paired: PairedAnswers, reference: str, limit: float) -> None:
    if reference != "large":
        if not (paired.gold >= 0).any():
            raise UnderdogError(
                "no calibration row has a gold label",
                "limit the disagreement with the large model: against='large'",
            )
        return
    gaps = int((paired.large < 0).sum())
    if gaps > limit * len(paired):
        raise UnderdogError(
            f"the large model gave no label on {gaps} of {len(paired)} rows, more than the "
            f"{limit:.1%} that may differ",
            "fill the gaps in its column, or remove those rows",
        )
