"""Quality and cost of a deferring model at every share of texts that the small model answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...combine.cascade import Cascade
from ...combine.router import Router
from ...core.data import Dataset
from ...core.protocols import Model
from ...models.recorded import RecordedModel
from ...runtime.registry import register
from ...teach.deferral.certificate import Certificate
from ...teach.deferral.frugal import FrugalModel
from ...teach.deferral.paired_answers import PairedAnswers, answer_both
from ...teach.deferral.quality_cost import CostPoint, curve, points

STEPS = 41
"""Thresholds of a router or a cascade, from all texts to the small model to all to the large."""


@register("study.deferral")
@dataclass(frozen=True)
class Deferral:
    """A contestant that defers: its certificate, if it has one, and its quality-cost curve.

    There are no ``points`` if they would need answers of a model that costs money.
    """

    certificate: Certificate | None
    points: tuple[CostPoint, ...]


def deferral(model: Model, test: Dataset) -> Deferral | None:
    """The quality-cost curve of ``model``, if it defers between two models; else None.

    Asks both of its models about every text of ``test``, so only where the large one's answers
    are on record is there a curve. The test part chooses nothing here: it is only plotted.
    """
    match model:
        case FrugalModel(cascade=cascade, certificate=certificate):
            free = isinstance(cascade.stages[-1], RecordedModel)
            return Deferral(certificate, curve(model, test) if free else ())
        case Router(experts=experts) if len(experts) == 2:
            free = isinstance(list(experts.values())[-1], RecordedModel)
            return Deferral(None, _routed(model, test) if free else ())
        case Cascade(stages=(_, RecordedModel()), thresholds=(threshold,)):
            paired = answer_both(model, test)
            sure = np.quantile(paired.confidence, np.linspace(0, 1, STEPS)).tolist()
            return Deferral(None, points(paired, {np.inf, threshold, 0.0, *sure}))
    return None


def _routed(router: Router, test: Dataset) -> tuple[CostPoint, ...]:
    """The points of a router between two, by the gain that it predicts for the first."""
    small, large = router.experts.values()
    choices = router.chooser.answer(test.texts)
    worth = router.worth(choices)
    gain = worth[:, 0] - worth[:, 1]
    first, last = (expert.answer(test.texts) for expert in (small, large))
    evidence = PairedAnswers.of(test, first.after(choices), gain, last)
    return points(evidence, {np.inf, *np.quantile(gain, np.linspace(0, 1, STEPS)).tolist()})
