"""Thresholds on the confidence of each label, from cross-validated answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...runtime.out_of_fold import Fold
from ...runtime.registry import register

WEIGHT = "weight"
NEVER = 2.0
"""A threshold that no confidence reaches."""


@register("online.record")
@dataclass(frozen=True, eq=False)
class HeldOutAnswers:
    """Answers of a recipe to labelled rows that it was not fitted on, most confident first.

    ``said`` are indices of labels, ``sure`` the confidences, ``doubt`` the estimated probabilities
    of differing from the label, ``weight`` how many texts of the traffic each row stands for. All
    have the shape ``[rows]``.
    """

    said: NDArray[np.intp]
    sure: Floats
    doubt: Floats
    weight: Floats

    def expected(self, sure: Floats) -> Floats:
        """The estimated probability of differing at the confidences ``sure``, of the same shape."""
        doubt: Floats = np.interp(sure, self.sure[::-1], self.doubt[::-1])
        return doubt


def held_out(folds: Sequence[Fold], labels: tuple[str, ...]) -> HeldOutAnswers:
    """Cross-validated answers, whose rows have their weights in the column `WEIGHT`.

    Which rows were labelled depends on their confidence and on random draws. So the probability of
    an error given the confidence is estimated without weights, by logistic regression, and how
    common a confidence is, with weights. No guarantee depends on this estimate. Abstentions have
    confidence 0.
    """
    where = {label: k for k, label in enumerate(labels)}
    values = [value for fold in folds for value in fold.answers.values]
    said = np.array([where.get(value, 0) for value in values], np.intp)
    sure = np.concatenate([fold.answers.confidence for fold in folds])
    wrong = np.concatenate([fold.right for fold in folds]) < 0.5
    weight = np.array([w for fold in folds for w in fold.test.columns[WEIGHT]], float)
    order = np.argsort(-sure, kind="stable")
    return HeldOutAnswers(said[order], sure[order], _doubt(sure, wrong)[order], weight[order])


def thresholds(record: HeldOutAnswers, allowed: Floats, together: bool) -> tuple[float, ...]:
    """The lowest confidence with which the small model may give each label, ``[labels]``.

    ``allowed[k]`` is the share of all traffic that may be answered with label k and differ; with
    ``together`` it is one allowance for all labels. The thresholds use up the allowance, from the
    most confident answers down; `NEVER` if it is too small for any.
    """
    found = [NEVER] * len(allowed)
    spent = record.doubt * record.weight / record.weight.sum()
    for k in range(len(allowed)):
        mine = np.ones(len(spent), bool) if together else record.said == k
        fits = np.flatnonzero(np.cumsum(spent[mine]) <= allowed[k])
        if len(fits):
            found[k] = float(record.sure[mine][fits[-1]])
    return tuple(found)


def _doubt(sure: Floats, wrong: NDArray[np.bool_]) -> Floats:
    """The probability of an error at each confidence, by logistic regression, ``[rows]``."""
    from sklearn.linear_model import LogisticRegression

    if wrong.all() or not wrong.any():
        return np.full(len(sure), (wrong.sum() + 0.5) / (len(wrong) + 1))
    clipped = np.clip(sure, 1e-6, 1 - 1e-6)
    odds = np.log(clipped / (1 - clipped))[:, None]
    doubt: Floats = LogisticRegression(C=100.0).fit(odds, wrong).predict_proba(odds)[:, 1]
    return doubt
