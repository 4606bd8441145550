"""The guarantee that a cascade falls at most so far below the large model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ..bounds import betting_bound, betting_p, paired_bound, paired_p
from . import macro_f1
from .guarantees import BETTING
from .paired_answers import LabelIndices, Mask, PairedAnswers


@dataclass(frozen=True)
class Drop:
    """How far the cascade falls below the large model on a metric, by the gold labels.

    Paired: rows on which both are right, or both wrong, cancel out. ``recall`` is that of every
    class at once: each class is tested at the full level, and the guarantee holds only if all
    pass, which needs no correction (intersection-union, Berger, Technometrics 1982).
    """

    limit: float
    metric: str = "accuracy"
    graded: str = ""
    betting: bool = False
    name: ClassVar[str] = "drop"
    harder_when_deferring: ClassVar[bool] = False

    @property
    def method(self) -> str:
        if self.betting:
            return BETTING
        if self.metric == "macro_f1":
            return "betting with fixed stakes, nuisances bounded exactly"
        every = ", every class at the full level" if self.metric == "recall" else ""
        return f"exact unconditional paired test (Tango, Berger & Boos){every}"

    def check(self, paired: PairedAnswers) -> None:
        if self.graded and self.metric != "accuracy":
            raise UnderdogError(
                f"{self.metric} is defined for single labels only, and these answers are graded",
                "limit the drop of the mean grade: leave out metric",
            )
        gold = np.bincount(paired.gold[paired.gold >= 0], minlength=len(paired.labels))
        if not gold.any():
            raise UnderdogError(
                "drop is measured against gold labels, and no calibration row has one",
                "label some rows, or limit the disagreement instead: risk=0.05",
            )
        if self.metric == "accuracy":
            return
        missing = [name for name, n in zip(paired.labels, gold, strict=True) if not n]
        if missing:
            raise UnderdogError(
                f"{len(missing)} labels have no example among the {gold.sum()} calibration rows, "
                f"for example {missing[0]!r}: {self.metric} cannot be guaranteed for them",
                "label more of them, or use metric='accuracy'",
            )

    def holds(self, paired: PairedAnswers, local: Mask, delta: float) -> bool:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop_holds(*self._judged(paired, local), self.limit, delta)
        if self.betting:
            return betting_p(self._falls(paired, local), (1 + self.limit) / 2, delta) <= delta
        return all(
            paired_p(losses, wins, n, self.limit) <= delta
            for losses, wins, n in self._counts(paired, local)
        )

    def bound(self, paired: PairedAnswers, local: Mask, delta: float) -> float:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop_bound(*self._judged(paired, local), delta)
        if self.betting:
            return 2 * betting_bound(self._falls(paired, local), delta) - 1
        counts = self._counts(paired, local)
        return max(paired_bound(losses, wins, n, delta) for losses, wins, n in counts)

    def observed(self, paired: PairedAnswers, local: Mask) -> float:
        if self.metric == "macro_f1":
            return macro_f1.f1_drop(*self._judged(paired, local))
        if self.betting:
            return float(2 * self._falls(paired, local).mean() - 1)
        counts = self._counts(paired, local)
        return max((losses - wins) / max(n, 1) for losses, wins, n in counts)

    def _falls(self, paired: PairedAnswers, local: Mask) -> Floats:
        """How far the grade of each row falls, scaled from [-1, 1] to [0, 1]; known rows only."""
        fall = np.where(local, paired.small_loss - paired.large_loss, 0.0)
        return np.asarray((fall[paired.gold >= 0] + 1) / 2, np.float64)

    def _counts(self, paired: PairedAnswers, local: Mask) -> list[tuple[int, int, int]]:
        """Losses, wins and rows: of the whole sample, or of each class."""
        gold, small, large = paired.gold, paired.small_loss > 0, paired.large_loss > 0
        lost, won = local & small & ~large, local & large & ~small
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
