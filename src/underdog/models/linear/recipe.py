"""Linear classifiers over TF-IDF: trained by scikit-learn, answered by numpy alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ...core.cost import Floats
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fit_beside
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.tfidf import Tfidf
from ..training.examples import Examples, Mask, fit_temperature
from .graded import LEARNED, fit_graded
from .model import LinearModel as LinearModel
from .model import Scorer, graded_model, make_model

Train = Callable[[csr_array, Floats], Scorer]
"""Makes a scorer from rows ``[examples, features]`` and gold distributions ``[examples,
labels]``.
"""

SVM_SETTINGS = ((0.7, False), (1.5, True))
"""Settings that `Linear` tries: ``C``, and whether features are scaled by naive Bayes."""

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Weights that `Linear` tries for adding the naive-Bayes margins to those of the SVMs."""

TRIED, JUDGED = 40_000, 10_000
"""The most examples that settings are tried on, and judged by: a random part of more."""

SVM_CELLS = 64_000_000
"""The most nonzero features that the SVMs learn from: some 280,000 short texts, of more a part."""

SMOOTHING = (0.02, 0.1, 0.5)
"""Smoothing constants that `Bayes` tries, added to every feature of every label."""


@register("linear", sample="linear()")
@dataclass(frozen=True)
class Linear:
    """Support vector machines plus naive Bayes over TF-IDF of words and characters.

    One SVM per label, with or without naive-Bayes scaling of the features (NB-SVM: Wang & Manning,
    ACL 2012), plus a share of naive Bayes itself; the sum of two linear models is as fast as one.
    Cross-validation inside the training data chooses the scaling and the share, and fits the
    temperature. A soft label weights its example for and against each label, and
    ``Dataset.weights`` each example. Word order beyond pairs and word meaning are not represented.
    Sets of labels and numbers are learned by ridge regression, with thresholds for labels from
    cross-validation. Of very many texts the SVMs learn from a random part (`SVM_CELLS`), and naive
    Bayes from all.
    ``extra`` is more to learn from: `questions`.
    """

    extra: Learner | None = None

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `LinearModel`.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed.
        """
        data = dataset(data)
        if self.extra is not None:
            return fit_beside(self.extra, Linear(), data, seed)
        meter = Meter()
        examples = Examples.of(data, "linear", *LEARNED)
        features = Tfidf.learn(examples.texts, examples.gold.shape[1])
        rows = features.rows(examples.texts)
        if examples.kind != "label":
            fitted = fit_graded(rows, examples, seed)
            meter.bill(1)
            return graded_model(examples.outputs(data.task.labels), features, fitted)
        train, factor = choose_training(rows, examples, seed)
        scorer = train(rows, examples.gold)
        model = make_model("linear", data.task.labels, features, scorer, factor)
        meter.bill(1)
        return model


@register("bayes", sample="bayes()")
@dataclass(frozen=True)
class Bayes:
    """Multinomial naive Bayes over the TF-IDF rows of `Linear`.

    Uses weights in place of counts (Rennie et al., "Tackling the poor assumptions of naive Bayes
    text classifiers", ICML 2003). Cross-validation inside the training data chooses the smoothing
    and fits the temperature.
    """

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `LinearModel`.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed.
        """
        data = dataset(data)
        meter = Meter()
        examples = Examples.of(data, "bayes")
        features = Tfidf.learn(examples.texts, examples.gold.shape[1])
        rows = features.rows(examples.texts)
        folds = _trials(examples, seed)
        trains = [naive_bayes(alpha) for alpha in SMOOTHING]
        trials = [(*fit_temperature(*_held_out(t, rows, examples.gold, folds)), t) for t in trains]
        _, factor, train = min(trials, key=itemgetter(0))
        scorer = train(rows, examples.gold)
        model = make_model("bayes", data.task.labels, features, scorer, factor)
        meter.bill(1)
        return model


def choose_training(rows: csr_array, examples: Examples, seed: int) -> tuple[Train, float]:
    """How `Linear` trains on ``examples`` with features ``rows``, and the factor for its margins.

    ``rows`` has the shape ``[examples, features]``. Margins times the factor are calibrated logits.
    """
    folds = _trials(examples, seed)
    bayes, trials = naive_bayes(SMOOTHING[0]), []
    prior, gold = _held_out(bayes, rows, examples.gold, folds)
    for svm in [svms(cost, scaled, seed) for cost, scaled in SVM_SETTINGS]:
        margins, _ = _held_out(svm, rows, examples.gold, folds)
        trials += [(*fit_temperature(margins + s * prior, gold), svm, s) for s in SHARES]
    _, factor, svm, share = min(trials, key=itemgetter(0))

    def train(rows: csr_array, gold: Floats) -> Scorer:
        (weights, bias), (likely, common) = (f(rows, gold) for f in (svm, bayes))
        likely *= share
        weights += likely  # in place: with many labels each of these is large
        return weights, bias + share * common

    return train, factor


def _trials(examples: Examples, seed: int) -> list[tuple[Mask, Mask]]:
    """The folds that settings are chosen by, none larger than needed; masks ``[examples]``."""
    rng = np.random.default_rng(seed)

    def part(mask: Mask, most: int) -> Mask:
        if mask.sum() <= most:
            return mask
        some = np.zeros_like(mask)
        some[rng.choice(np.flatnonzero(mask), most, replace=False)] = True
        return some

    return [(part(learn, TRIED), part(check, JUDGED)) for learn, check in examples.held_out(seed)]


def _held_out(
    train: Train, rows: csr_array, gold: Floats, folds: Sequence[tuple[Mask, Mask]]
) -> tuple[Floats, Floats]:
    """Margins and gold of all held-out rows, both ``[held out, labels]``; each fold trains on the
    rest.
    """
    margins, truth = [np.zeros((0, gold.shape[1]))], [np.zeros((0, gold.shape[1]))]
    for learn, check in folds:
        weights, bias = train(rows[learn], gold[learn])
        margins.append(rows[check] @ weights + bias)
        truth.append(gold[check])
    return np.concatenate(margins), np.concatenate(truth)


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
        for k in seen[1:] if len(seen) == 2 else seen:
            scale = np.ones(rows.shape[1])
            if scaled:
                scale = np.abs(_log_ratio(rows, gold[:, k], mass - gold[:, k]))
            stretched = csr_array(
                (rows.data * scale[rows.indices], rows.indices, rows.indptr), shape=rows.shape
            )
            svm = _svm(stretched, gold[:, k], mass - gold[:, k], c_value, seed)
            weights[:, k], bias[k] = svm.coef_[0] * scale, svm.intercept_[0]
        if len(seen) == 2:  # one SVM separates both
            weights[:, seen[0]], bias[seen[0]] = -weights[:, seen[1]], -bias[seen[1]]
        return weights, bias

    return train


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
