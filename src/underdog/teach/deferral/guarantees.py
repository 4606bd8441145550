"""The promises that can be made of a cascade, each with the test of whether a sample bears it out.

A promise looks at the rows of a sample and at which of them the small model would keep. `bound`
gives the promised quantity's upper confidence bound at level ``delta``; the promise `holds` where
that is at most the limit.
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
from .calibration_set import Evidence, Mask, Places

METRICS = ("accuracy", "macro_f1", "recall")


class Promise(Protocol):
    """A quantity, the limit that it is promised not to exceed, and a finite-sample test of it."""

    name: ClassVar[str]
    dearer: ClassVar[bool]
    """Whether keeping fewer answers makes the promise harder, not easier, to keep."""

    @property
    def limit(self) -> float: ...
    @property
    def metric(self) -> str: ...
    @property
    def method(self) -> str: ...
    def check(self, evidence: Evidence) -> None:
        """Raise UnderdogError where the sample cannot decide the promise at all."""
        ...

    def holds(self, evidence: Evidence, kept: Mask, delta: float) -> bool: ...
    def bound(self, evidence: Evidence, kept: Mask, delta: float) -> float: ...
    def observed(self, evidence: Evidence, kept: Mask) -> float: ...


@dataclass(frozen=True)
class Risk:
    """The share of the answers that are kept which are wrong, or which the large one disputes.

    Wrong by the gold labels (``against="gold"``) or different from the large model's answer
    (``"large"``); an abstention of the large model agrees with nobody. With ``"both"`` the few
    gold labels are helped by the many answers of the large model (prediction-powered inference,
    Angelopoulos et al., Science 2023, with the bounds of this package in place of the normal).
    """

    limit: float
    against: str = "gold"
    name: ClassVar[str] = "risk"
    dearer: ClassVar[bool] = False

    @property
    def metric(self) -> str:
        return "disagreement with the large model" if self.against == "large" else "error"

    @property
    def method(self) -> str:
        both = "prediction-powered betting bounds (Waudby-Smith & Ramdas)"
        return both if self.against == "both" else "exact binomial (Clopper-Pearson)"

    def check(self, evidence: Evidence) -> None:
        if self.against == "large":
            _few_gaps(evidence, self.limit)
        elif not (evidence.gold >= 0).any():
            raise UnderdogError(
                "no gold labels to certify against", "promise agreement: against='large'"
            )

    def holds(self, evidence: Evidence, kept: Mask, delta: float) -> bool:
        if self.against == "both":
            return self._powered(evidence, kept, delta, self.limit) <= 0
        errors, n = self._count(evidence, kept)
        return n > 0 and bool(binomial_p(errors, n, self.limit) <= delta)

    def bound(self, evidence: Evidence, kept: Mask, delta: float) -> float:
        if self.against != "both":
            return float(upper_bound(*self._count(evidence, kept), delta))
        low, high = 0.0, 1.0
        for _ in range(20):
            middle = (low + high) / 2
            fits = self._powered(evidence, kept, delta, middle) <= 0
            low, high = (low, middle) if fits else (middle, high)
        return high

    def observed(self, evidence: Evidence, kept: Mask) -> float:
        errors, n = self._count(evidence, kept)
        return errors / n if n else float("nan")

    def _count(self, evidence: Evidence, kept: Mask) -> tuple[int, int]:
        """Errors among the answers that are kept and can be judged, and how many those are."""
        truth = evidence.large if self.against == "large" else evidence.gold
        judged = kept if self.against == "large" else kept & (truth >= 0)
        return int((evidence.small[judged] != truth[judged]).sum()), int(judged.sum())

    def _powered(self, evidence: Evidence, kept: Mask, delta: float, rate: float) -> float:
        """An upper bound on the mean over texts of (wrong - ``rate``) times whether it is kept."""
        gold = evidence.gold >= 0
        few, many = evidence.take(gold), evidence.take(~gold)
        if not len(few) or not len(many):
            return 1.0
        disputed = kept[~gold] * ((many.small != many.large) - rate)  # in [-rate, 1 - rate]
        proxy = betting_bound(disputed + rate, delta / 2) - rate
        wrong, differs = few.small != few.gold, few.small != few.large
        off = kept[gold] * (wrong.astype(float) - differs)  # what the large model's view misses
        return proxy + 2.0 * betting_bound((off + 1.0) / 2.0, delta / 2) - 1.0


@dataclass(frozen=True)
class Drop:
    """How far the whole cascade falls below the large model on a metric, by the gold labels.

    Paired: rows on which both are right, or both wrong, cancel. ``recall`` is of every class at
    once: each class is tested at the full level, and the promise holds only if all pass, which
    needs no correction (intersection-union, Berger, Technometrics 1982).
    """

    limit: float
    metric: str = "accuracy"
    name: ClassVar[str] = "drop"
    dearer: ClassVar[bool] = False

    @property
    def method(self) -> str:
        if self.metric == "macro_f1":
            return "betting with fixed stakes, nuisances bounded exactly"
        every = ", every class at the full level" if self.metric == "recall" else ""
        return f"exact unconditional paired test (Tango, Berger & Boos){every}"

    def check(self, evidence: Evidence) -> None:
        gold = np.bincount(evidence.gold[evidence.gold >= 0], minlength=len(evidence.labels))
        if not gold.any():
            raise UnderdogError(
                "a drop is measured against gold labels, and there are none to certify with",
                "label some rows, or promise agreement instead: risk=0.05",
            )
        missing = [name for name, n in zip(evidence.labels, gold, strict=True) if not n]
        if missing and self.metric != "accuracy":
            raise UnderdogError(
                f"{len(missing)} classes never occur among the {gold.sum()} rows that certify, "
                f"{missing[0]!r} for one: nothing can be promised about each class",
                "label more of them, or promise the whole: metric='accuracy'",
            )

    def holds(self, evidence: Evidence, kept: Mask, delta: float) -> bool:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop_holds(*self._judged(evidence, kept), self.limit, delta)
        return all(
            paired_p(losses, wins, n, self.limit) <= delta
            for losses, wins, n in self._counts(evidence, kept)
        )

    def bound(self, evidence: Evidence, kept: Mask, delta: float) -> float:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop_bound(*self._judged(evidence, kept), delta)
        counts = self._counts(evidence, kept)
        return max(paired_bound(losses, wins, n, delta) for losses, wins, n in counts)

    def observed(self, evidence: Evidence, kept: Mask) -> float:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop(*self._judged(evidence, kept))
        counts = self._counts(evidence, kept)
        return max((losses - wins) / max(n, 1) for losses, wins, n in counts)

    def _counts(self, evidence: Evidence, kept: Mask) -> list[tuple[int, int, int]]:
        """Losses, wins and rows: of the whole sample, or of each class."""
        gold, large, small = evidence.gold, evidence.large, evidence.small
        lost, won = (
            kept & (large == gold) & (small != gold),
            kept & (large != gold) & (small == gold),
        )
        classes: Sequence[Mask] = [gold >= 0]
        if self.metric == "recall":
            classes = [gold == k for k in range(len(evidence.labels))]
        return [(int((lost & c).sum()), int((won & c).sum()), int(c.sum())) for c in classes]

    def _judged(self, evidence: Evidence, kept: Mask) -> tuple[Places, Places, Places]:
        """Gold labels, the large model's answers and the cascade's, where gold is known."""
        system = np.where(kept, evidence.small, evidence.large)
        known = evidence.gold >= 0
        return evidence.gold[known], evidence.large[known], system[known]


@dataclass(frozen=True)
class Budget:
    """The mean dollars of an answer, everything that was asked on the way included.

    Assumes that no answer costs more than ``cap`` dollars: a mean of unbounded costs cannot be
    bounded by any sample.
    """

    limit: float
    cap: float
    metric: ClassVar[str] = "dollars per answer"
    method: ClassVar[str] = "betting (Waudby-Smith & Ramdas)"
    name: ClassVar[str] = "budget"
    dearer: ClassVar[bool] = True

    def check(self, evidence: Evidence) -> None:
        unknown = int(np.isnan(evidence.price).sum() + np.isnan(evidence.spent).sum())
        if unknown:
            raise UnderdogError(
                f"what {unknown} of the answers cost is unknown, so no budget can be promised",
                "tell the price: recorded('column', price='cost_column') or price=0.003",
            )

    def holds(self, evidence: Evidence, kept: Mask, delta: float) -> bool:
        shares = self._costs(evidence, kept) / self.cap
        return betting_p(shares, self.limit / self.cap, delta) <= delta

    def bound(self, evidence: Evidence, kept: Mask, delta: float) -> float:
        return self.cap * betting_bound(self._costs(evidence, kept) / self.cap, delta)

    def observed(self, evidence: Evidence, kept: Mask) -> float:
        return float(self._costs(evidence, kept).mean())

    def _costs(self, evidence: Evidence, kept: Mask) -> Floats:
        costs: Floats = evidence.spent + np.where(kept, 0.0, evidence.price)
        return np.minimum(costs, self.cap)


def _few_gaps(evidence: Evidence, limit: float) -> None:
    gaps = int((evidence.large < 0).sum())
    if gaps > limit * len(evidence):
        raise UnderdogError(
            f"the large model gave no label on {gaps} of {len(evidence)} rows, more than the "
            f"{limit:.1%} that may differ",
            "fill the gaps in its column, or drop those rows",
        )
