"""The cost and the quality of a cascade at every threshold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...core.data import Dataset
from ...runtime.registry import register
from .certificate import DEFER_ALL
from .frugal import FrugalModel
from .paired_answers import Mask, PairedAnswers


@register("frugal.point")
@dataclass(frozen=True)
class CostPoint:
    """One threshold: the share answered locally, dollars per 1,000 answers, and accuracy.

    ``accuracy`` is the mean grade by the gold labels where there are any, else agreement with the
    large model.
    ``dollars_per_1000`` is None if unknown. ``certified`` marks the certificate's threshold.
    """

    threshold: float
    coverage: float
    dollars_per_1000: float | None
    accuracy: float
    certified: bool


def curve(model: FrugalModel, data: Dataset) -> tuple[CostPoint, ...]:
    """The points from all large to all small, measured on ``data``; asks both models everything.

    A description, not a guarantee: only the certified threshold was tested, and on other rows.
    """
    certified = model.certificate.threshold
    thresholds = {DEFER_ALL, certified, 0.0, *model.candidates.tolist()}
    return points(model.paired_answers(data), thresholds, certified)


def points(
    paired: PairedAnswers, thresholds: Iterable[float], certified: float | None = None
) -> tuple[CostPoint, ...]:
    """The points for ``thresholds`` on the confidence of ``paired``, highest threshold first."""
    return tuple(_point(paired, t, t == certified) for t in sorted(thresholds, reverse=True))


def _point(paired: PairedAnswers, threshold: float, certified: bool) -> CostPoint:
    local = paired.confidence >= threshold
    cost = float((paired.small_dollars + np.where(local, 0.0, paired.large_dollars)).mean())
    dollars = None if np.isnan(cost) else 1000 * cost
    return CostPoint(threshold, float(local.mean()), dollars, _accuracy(paired, local), certified)


def _accuracy(paired: PairedAnswers, local: Mask) -> float:
    known = paired.gold >= 0
    if known.any():
        loss = np.where(local, paired.small_loss, paired.large_loss)[known]
        return float((1.0 - loss).mean())
    return float((1.0 - np.where(local, paired.apart, 0.0)).mean())
