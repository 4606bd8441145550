"""What can be guaranteed about a cascade, and the test that decides it from a sample.

A guarantee limits one quantity. Its tests take the paired answers of the calibration rows, and a
mask ``local``, shape ``[rows]``: the rows that the small model would answer itself. `bound` is an
upper confidence bound on the quantity at level ``delta``; `holds` says whether it is within the
limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ..bounds import betting_bound, betting_p, binomial_p, paired_bound, paired_p, upper_bound
from . import macro_f1
from .paired_answers import LabelIndices, Mask, PairedAnswers

METRICS = ("accuracy", "macro_f1", "recall")


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
    name: ClassVar[str] = "risk"
    harder_when_deferring: ClassVar[bool] = False

    @property
    def metric(self) -> str:
        return "disagreement with the large model" if self.against == "large" else "error"

    @property
    def method(self) -> str:
        both = "prediction-powered betting bounds (Waudby-Smith & Ramdas)"
        return both if self.against == "both" else "exact binomial (Clopper-Pearson)"

    def check(self, paired: PairedAnswers) -> None:
        _check_reference(paired, self.against, self.limit)

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool:
        if self.against == "both":
            return self._powered(paired, local, delta, self.limit) <= 0
        errors, n = self._count(paired, local)
        return n > 0 and bool(binomial_p(errors, n, self.limit) <= delta)

    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float:
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

    def _count(self, paired: PairedAnswers, local: Mask) -> tuple[int, int]:
        """Errors among the local answers that have a reference, and how many of those there are."""
        wrong, judged = errors_against(paired, self.against)
        return int((wrong & local).sum()), int((judged & local).sum())

    def _powered(self, paired: PairedAnswers, local: Mask, delta: float, rate: float) -> float:
        """An upper bound on the mean over rows of (error - ``rate``), counted where local."""
        gold = paired.gold >= 0
        few, many = paired.take(gold), paired.take(~gold)
        if not len(few) or not len(many):
            return 1.0
        disputed = local[~gold] * ((many.small != many.large) - rate)  # in [-rate, 1 - rate]
        proxy = betting_bound(disputed + rate, delta / 2) - rate
        wrong, differs = few.small != few.gold, few.small != few.large
        off = local[gold] * (wrong.astype(float) - differs)  # how far the proxy is off
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
    name: ClassVar[str] = "total"
    harder_when_deferring: ClassVar[bool] = False
    method: ClassVar[str] = "exact binomial (Clopper-Pearson)"

    @property
    def metric(self) -> str:
        return "disagreement with the large model" if self.against == "large" else "error"

    def check(self, paired: PairedAnswers) -> None:
        _check_reference(paired, self.against, self.limit)

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool:
        errors, n = self._count(paired, local)
        return n > 0 and bool(binomial_p(errors, n, self.limit) <= delta)

    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float:
        return float(upper_bound(*self._count(paired, local), delta))

    def observed(self, paired: PairedAnswers, local: Mask) -> float:
        errors, n = self._count(paired, local)
        return errors / n if n else float("nan")

    def _count(self, paired: PairedAnswers, local: Mask) -> tuple[int, int]:
        """Local errors, and all rows that have a reference."""
        wrong, judged = errors_against(paired, self.against)
        return int((wrong & local).sum()), int(judged.sum())


@dataclass(frozen=True)
class Drop:
    """How far the cascade falls below the large model on a metric, by the gold labels.

    Paired: rows on which both are right, or both wrong, cancel out. ``recall`` is that of every
    class at once: each class is tested at the full level, and the guarantee holds only if all
    pass, which needs no correction (intersection-union, Berger, Technometrics 1982).
    """

    limit: float
    metric: str = "accuracy"
    name: ClassVar[str] = "drop"
    harder_when_deferring: ClassVar[bool] = False

    @property
    def method(self) -> str:
        if self.metric == "macro_f1":
            return "betting with fixed stakes, nuisances bounded exactly"
        every = ", every class at the full level" if self.metric == "recall" else ""
        return f"exact unconditional paired test (Tango, Berger & Boos){every}"

    def check(self, paired: PairedAnswers) -> None:
        gold = np.bincount(paired.gold[paired.gold >= 0], minlength=len(paired.labels))
        if not gold.any():
            raise UnderdogError(
                "drop is measured against gold labels, and no calibration row has one",
                "label some rows, or limit the disagreement instead: risk=0.05",
            )
        missing = [name for name, n in zip(paired.labels, gold, strict=True) if not n]
        if missing and self.metric != "accuracy":
            raise UnderdogError(
                f"{len(missing)} labels have no example among the {gold.sum()} calibration rows, "
                f"for example {missing[0]!r}: {self.metric} cannot be guaranteed for them",
                "label more of them, or use metric='accuracy'",
            )

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop_holds(*self._judged(paired, local), self.limit, delta)
        return all(
            paired_p(losses, wins, n, self.limit) <= delta
            for losses, wins, n in self._counts(paired, local)
        )

    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop_bound(*self._judged(paired, local), delta)
        counts = self._counts(paired, local)
        return max(paired_bound(losses, wins, n, delta) for losses, wins, n in counts)

    def observed(self, paired: PairedAnswers, local: Mask) -> float:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop(*self._judged(paired, local))
        counts = self._counts(paired, local)
        return max((losses - wins) / max(n, 1) for losses, wins, n in counts)

    def _counts(self, paired: PairedAnswers, local: Mask) -> list[tuple[int, int, int]]:
        """Losses, wins and rows: of the whole sample, or of each class."""
        gold, large, small = paired.gold, paired.large, paired.small
        lost, won = (
            local & (large == gold) & (small != gold),
            local & (large != gold) & (small == gold),
        )
        classes: Sequence[Mask] = [gold >= 0]
        if self.metric == "recall":
            classes = [gold == k for k in range(len(paired.labels))]
        return [(int((lost & c).sum()), int((won & c).sum()), int(c.sum())) for c in classes]

    def _judged(
        self, paired: PairedAnswers, local: Mask
    ) -> tuple[LabelIndices, LabelIndices, LabelIndices]:
        """Gold labels, the large model's answers and the cascade's, where gold is known."""
        system = np.where(local, paired.small, paired.large)
        known = paired.gold >= 0
        return paired.gold[known], paired.large[known], system[known]


@dataclass(frozen=True)
class MeanCost:
    """The mean dollars per answer, with everything that was asked on the way included.

    Assumes that no answer costs more than ``cap`` dollars: no sample bounds the mean of an
    unbounded cost.
    """

    limit: float
    cap: float
    metric: ClassVar[str] = "dollars per answer"
    method: ClassVar[str] = "betting (Waudby-Smith & Ramdas)"
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


def errors_against(paired: PairedAnswers, reference: str) -> tuple[Mask, Mask]:
    """Which answers of the small model are errors, and which can be judged; both ``[rows]``.

    ``reference`` is ``"large"`` for the large model's answers, anything else for gold labels.
    """
    if reference == "large":
        return paired.small != paired.large, np.ones(len(paired), bool)
    judged = paired.gold >= 0
    return judged & (paired.small != paired.gold), judged


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
