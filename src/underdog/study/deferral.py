"""Who answers what: the quality and the price of every share that a small model may keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..combine.router import Router
from ..core.answer import Answers
from ..core.cost import FIELDS, Floats
from ..core.data import Dataset
from ..core.protocols import Model
from ..models.recorded import RecordedModel
from ..teach.certify import Certificate
from ..teach.frugal import FrugalModel
from ..wiring.registry import register

Mask = NDArray[np.bool_]
DOLLARS = FIELDS.index("dollars")
POINTS = 41


@register("study.deferral")
@dataclass(frozen=True, eq=False)
class Deferral:
    """A contestant that defers: its certificate, if it has one, and its quality-cost curve.

    ``curve`` has the shape ``[points, 3]``: the share of texts that the small model keeps,
    accuracy, and dollars per answer; None where drawing it would ask a model that costs money.
    ``at`` is where the contestant itself stands on it.
    """

    certificate: Certificate | None
    curve: Floats | None
    at: tuple[float, float, float] | None


def deferral(model: Model, test: Dataset) -> Deferral | None:
    """What ``model`` could do at every share, if it is one that defers between two.

    Asks both of its models about every text of ``test``, so only where the large one's answers
    are on record is there a curve. The test part chooses nothing here: it is drawn, not tuned on.
    """
    match model:
        case FrugalModel(cascade=cascade, certificate=certificate):
            small, large = cascade.stages
            if not isinstance(large, RecordedModel):
                return Deferral(certificate, None, None)
            first, sure = cascade.sure[0].weigh(test.texts, small.answer(test.texts))
            kept = sure >= certificate.threshold
            last = large.answer(test.texts).after(first)
            return Deferral(certificate, *_drawn(test, first, last, sure, kept))
        case Router(chooser=chooser, experts=experts) if len(experts) == 2:
            small, large = experts.values()
            if not isinstance(large, RecordedModel):
                return Deferral(None, None, None)
            choices = chooser.answer(test.texts)
            worth = model.worth(choices)
            kept = model.chosen(choices) == 0
            first = small.answer(test.texts).after(choices)
            last = large.answer(test.texts).after(choices)
            return Deferral(None, *_drawn(test, first, last, worth[:, 0] - worth[:, 1], kept))
    return None


def _drawn(
    test: Dataset, small: Answers, large: Answers, sure: Floats, kept: Mask
) -> tuple[Floats, tuple[float, float, float]]:
    """The curve over thresholds on ``sure``, and the point of the rows that are ``kept``."""
    truth = np.array(test.labels, dtype=object)
    right = [np.array(a.values, dtype=object) == truth for a in (small, large)]
    price = [a.costs[:, DOLLARS] for a in (small, large)]

    def point(rows: Mask) -> tuple[float, float, float]:
        return (
            float(rows.mean()),
            float(np.where(rows, *right).mean()),
            float(np.where(rows, *price).mean()),
        )

    order = np.argsort(-sure, kind="stable")
    curve = []
    for n in np.unique(np.linspace(0, len(sure), POINTS).round().astype(int)).tolist():
        mask = np.zeros(len(sure), bool)
        mask[order[:n]] = True
        curve.append(point(mask))
    return np.array(curve), point(kept)
