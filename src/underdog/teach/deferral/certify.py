"""Certifying a cascade again, on newer rows, and putting the new certificate in force."""

from __future__ import annotations

from dataclasses import replace

from ...core.data import Dataset
from .certificate import Certificate, fixed_sequence, issue
from .frugal import FrugalModel
from .infeasible import nothing


def certify(model: FrugalModel, data: Dataset) -> Certificate:
    """A new certificate for ``model``, from rows that it has not learned from.

    Tests the model's own candidate thresholds again, in the order that was fixed when it was
    fitted, so the new threshold may differ from the old one: use `renewed` to put it in force.
    Asks both models about every row. Raises `Refusal` where nothing can be promised.
    """
    promise, delta = model.promise, model.certificate.delta
    evidence = model.evidence(data).shuffled(0)
    promise.check(evidence)
    at = fixed_sequence(promise, evidence, model.candidates, delta)
    if at is None:
        raise nothing(promise, evidence, model.candidates, delta, len(data))
    return issue(promise, evidence, data, model.candidates[at], delta)


def renewed(model: FrugalModel, certificate: Certificate) -> FrugalModel:
    """``model`` with the threshold of a newer certificate, and that certificate."""
    cascade = replace(model.cascade, thresholds=(certificate.threshold,))
    return replace(model, cascade=cascade, certificate=certificate)
