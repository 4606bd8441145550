"""What a model does with texts, as monitoring sees it; nothing that costs money is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..combine.cascade import Cascade
from ..core.data import Dataset, Text
from ..core.errors import UnderdogError
from ..core.graders import grader_for
from ..evaluate.monitor import Look, profile
from ..models.fake import Scripted
from ..teach.deferral.frugal import FrugalModel
from .spending import paid_services


def look(model: Any, texts: Sequence[Text]) -> Look:
    """What ``model`` does with ``texts``; of a cascade, what its first stage does.

    Stages after the first are not asked. Raises `UnderdogError` for a model whose first answer
    costs money.
    """
    cascade = getattr(model, "cascade", model)
    staged = isinstance(cascade, Cascade) and len(cascade.stages) > 1
    first = cascade.stages[0] if staged else model
    if services := paid_services(first):
        raise UnderdogError(
            f"the model asks {', '.join(services)}, and monitoring asks nothing that costs money",
            "monitor a model that answers on this machine: underdog monitor MODEL FILE",
        )
    answers = first.answer(texts)
    deferred = None
    if staged:
        passing = Cascade((first, Scripted(())), cascade.thresholds[:1], cascade.sure[:1])
        paths = passing.answer(texts).paths
        pairs = zip(paths, answers.paths, strict=True)
        deferred = np.array([len(path) > len(own) for path, own in pairs], bool)
    sure = None if answers.probs is None else answers.confidence
    return Look(answers.values, sure, deferred)


def look_at(model: Any, data: Dataset) -> Look:
    """`look` at the texts of ``data``; where all have a label, also which answers are right.

    An answer that is graded, such as a set of labels or a number, is right by more than half.
    """
    found = look(model, data.texts)
    if not len(data) or not data.known.all():
        return found
    grades = grader_for(data).grade(data.texts, found.values, data)
    return replace(found, right=np.nan_to_num(grades) > 0.5)


def profile_of(model: FrugalModel, data: Dataset) -> dict[str, Any]:
    """The summary of the rows of ``data`` on which ``model`` was certified: those new to it."""
    rows = np.arange(len(data))
    if model.fitted_rows is not None:
        rows = np.flatnonzero(~model.fitted_rows.contain(data))
    fresh = data.take(rows)
    look = look_at(model, fresh)
    return profile(fresh.texts, look, "the rows it was certified on").as_dict()
