"""What is trained on TF-IDF rows: a support vector machine for each label, and naive Bayes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ...core.cost import Floats
from ...runtime.progress import step
from .model import Scorer

Train = Callable[[csr_array, Floats], Scorer]
"""Makes a scorer from rows ``[examples, features]`` and gold distributions ``[examples,
labels]``.
"""

SVM_CELLS = 64_000_000
"""The most nonzero features that the SVMs learn from: some 280,000 short texts, of more a part."""

MANY = 50
"""Labels above which progress is told for each, so that a limit on time can stop the fit."""


def svms(c_value: float, scaled: bool, seed: int) -> Train:
    """One support vector machine per label, against the other labels.

    ``c_value`` is the inverse regularisation strength ``C``, a number without a unit; ``scaled``
    multiplies features by their naive-Bayes log ratios (NB-SVM).
    """

    def train(rows: csr_array, gold: Floats) -> Scorer:
        if rows.nnz > SVM_CELLS:
            share = SVM_CELLS / rows.nnz
            some = np.flatnonzero(np.random.default_rng(seed).random(len(gold)) < share)
            rows, gold = rows[some], gold[some]
        weights = np.zeros((rows.shape[1], gold.shape[1]))
        bias = np.full(gold.shape[1], -np.inf)
        seen = np.flatnonzero(gold.sum(axis=0) > 0)
        if len(seen) == 1:
            bias[seen] = 0.0
            return weights, bias
        mass = gold.sum(axis=1)
        many = len(seen) > MANY
        counted = step("learning labels", len(seen)) if many else nullcontext(lambda _: None)
        with counted as advance:
            for k in seen[1:] if len(seen) == 2 else seen:
                pro, contra = gold[:, k], mass - gold[:, k]
                scale = np.abs(_log_ratio(rows, pro, contra)) if scaled else None
                stretched = rows if scale is None else _stretched(rows, scale)
                svm = _svm(stretched, pro, contra, c_value, seed)
                weights[:, k] = svm.coef_[0] * (1.0 if scale is None else scale)
                bias[k] = svm.intercept_[0]
                advance(1)
        if len(seen) == 2:  # one SVM separates both
            weights[:, seen[0]], bias[seen[0]] = -weights[:, seen[1]], -bias[seen[1]]
        return weights, bias

    return train


def _stretched(rows: csr_array, scale: Floats) -> csr_array:
    """``rows`` with each feature times its ``scale``."""
    data = rows.data * scale[rows.indices]
    return csr_array((data, rows.indices, rows.indptr), shape=rows.shape)


def _svm(rows: csr_array, pro: Floats, contra: Floats, cost: float, seed: int) -> Any:
    """An SVM for one label; each example counts ``pro`` for it and ``contra``, both ``[examples]``.

    An example with a soft label counts both for and against the label.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    yes, no = np.flatnonzero(pro > 0), np.flatnonzero(contra > 0)
    if len(yes) + len(no) > len(pro):
        at = np.concatenate([yes, no])
        rows, labels = rows[at], np.arange(len(at)) < len(yes)
        weights = np.concatenate([pro[yes], contra[no]])
    else:
        labels, weights = pro > 0, pro + contra
    svm = LinearSVC(C=cost, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a nearly converged SVM is good enough
        return svm.fit(rows, labels, None if (weights == 1).all() else weights)


def _log_ratio(rows: csr_array, pro: Floats, contra: Floats) -> Floats:
    """The log ratio of each feature's frequency with and without the label, ``[features]``."""
    yes, no = rows.T @ pro + 1.0, rows.T @ contra + 1.0
    ratio: Floats = np.log(yes / yes.sum()) - np.log(no / no.sum())
    return ratio


def naive_bayes(alpha: float) -> Train:
    """Weights are log frequencies of features; biases are log frequencies of labels."""

    def train(rows: csr_array, gold: Floats) -> Scorer:
        total = gold.sum(axis=0)
        mass = rows.T @ gold
        mass += alpha
        mass /= mass.sum(axis=0)
        with np.errstate(divide="ignore"):
            return np.log(mass, out=mass), np.log(total / total.sum())

    return train
