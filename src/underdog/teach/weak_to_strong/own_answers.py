"""Weak labels made better: mixed with the strong model's own answers, or the surest alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.protocols import Learner
from ...runtime.out_of_fold import out_of_fold
from ..distil.recipe import FOLDS

KEPT = 0.5
"""The share of the weak labels that is learned where only the surest are."""

ROUNDS = 50
"""Steps, at most, in which the shares of the labels are balanced."""


def with_own_answers(
    strong: Learner, data: Dataset, weak: NDArray[np.bool_], trust: float, seed: int
) -> Dataset:
    """``data`` whose ``weak`` labels, a mask ``[examples]``, are mixed with the answers of
    ``strong``.

    The auxiliary confidence loss of Burns et al. (ICML 2024) adds to the cross-entropy with the
    weak labels that with the strong model's own hardened predictions. Cross-entropy is linear in
    its target, so that is the cross-entropy with the mixture of both: any recipe that learns soft
    labels can be trained by it. The predictions are out-of-fold, because most recipes remember what
    they have learned; they are hardened so that labels occur as often as among the weak ones.
    """
    told = targets(data)
    mixed = told.copy()
    for fold in out_of_fold(strong, data, FOLDS, seed, labels=2, label="its own answers"):
        rows = fold.rows
        own = balanced(fold.answers.matrix(data.task.labels), told[rows].mean(axis=0))
        hard = np.eye(told.shape[1])[own.argmax(axis=1)]
        mixed[rows] = np.where(
            weak[rows, None], (1 - trust) * told[rows] + trust * hard, told[rows]
        )
    labels = tuple([data.task.labels[k] for k in mixed.argmax(axis=1).tolist()])
    return data.relabelled(labels, mixed)


def surest(data: Dataset, weak: NDArray[np.bool_]) -> Dataset:
    """``data`` without the half of the ``weak`` labels, a mask ``[examples]``, that are least sure.

    Of each label the same share stays: else a rare label, of which weak models are unsure, would be
    lost. Weak labels without probabilities all stay.
    """
    told = targets(data)
    label, sure = told.argmax(axis=1), told.max(axis=1)
    keep = ~weak | (data.soft is None)
    for k in np.unique(label[weak]).tolist():
        mine = np.flatnonzero(weak & (label == k))
        keep[mine[np.argsort(-sure[mine], kind="stable")[: max(1, round(KEPT * len(mine)))]]] = True
    return data.take(np.flatnonzero(keep))


def targets(data: Dataset) -> Floats:
    """What each example teaches, ``[examples, labels]``: its soft label, else its label."""
    hard = np.asarray(data.targets[:, None] == np.arange(len(data.task.labels)), np.float64)
    if data.soft is None:
        return hard
    soft = np.nan_to_num(data.soft)
    return np.where(soft.sum(axis=1, keepdims=True) > 0, soft, hard)


def balanced(probs: Floats, shares: Floats) -> Floats:
    """``probs``, ``[texts, labels]``, with a factor for each label that makes their mean
    ``shares``, ``[labels]``; rows sum to 1.

    >>> balanced(np.array([[0.9, 0.1], [0.7, 0.3]]), np.array([0.5, 0.5])).argmax(axis=1).tolist()
    [0, 1]
    """
    found = np.maximum(probs, 1e-12)
    for _ in range(ROUNDS):
        found = found * (shares / np.maximum(found.mean(axis=0), 1e-12))
        found = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-300)
        if np.abs(found.mean(axis=0) - shares).max() < 1e-4:
            break
    return found
