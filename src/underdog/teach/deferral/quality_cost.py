"""What a cascade would cost, and how good it would be, at every threshold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.data import Dataset
from ...runtime.registry import register
from .calibration_set import Evidence, Mask
from .certificate import NOTHING

if TYPE_CHECKING:
    from .frugal import FrugalModel


@register("frugal.point")
@dataclass(frozen=True)
class Point:
    """One threshold: the share kept by the small model, dollars per 1,000 answers, and quality.

    ``accuracy`` is by the gold labels where there are any, else agreement with the large model.
    None is unknown. ``certified`` marks the threshold of the model's certificate.
    """

    threshold: float
    coverage: float
    dollars_per_1000: float | None
    accuracy: float
    certified: bool


def curve(model: FrugalModel, data: Dataset) -> tuple[Point, ...]:
    """The points from all large to all small, as seen on ``data``; asks both about every text.

    Describes, and promises nothing: of the points only the certified one was tested, and that on
    other rows.
    """
    certified = model.certificate.threshold
    thresholds = {NOTHING, certified, 0.0, *model.candidates.tolist()}
    return points(model.evidence(data), thresholds, certified)


def points(
    evidence: Evidence, thresholds: Iterable[float], certified: float | None = None
) -> tuple[Point, ...]:
    """The points that ``evidence`` shows for ``thresholds`` on its confidence, highest first."""
    return tuple(_point(evidence, t, t == certified) for t in sorted(thresholds, reverse=True))


def _point(evidence: Evidence, threshold: float, certified: bool) -> Point:
    kept = evidence.sure >= threshold
    cost = float((evidence.spent + np.where(kept, 0.0, evidence.price)).mean())
    dollars = None if np.isnan(cost) else 1000 * cost
    return Point(threshold, float(kept.mean()), dollars, _quality(evidence, kept), certified)


def _quality(evidence: Evidence, kept: Mask) -> float:
    known = evidence.gold >= 0
    system = np.where(kept, evidence.small, evidence.large)
    if known.any():
        return float((system == evidence.gold)[known].mean())
    return float((system == evidence.large).mean())
