"""Linear classifiers over TF-IDF: fitted by scikit-learn, answered by numpy alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.tfidf import Tfidf, Weights
from ..training.examples import Examples, Mask, fit_temperature, softmax

Scorer = tuple[Floats, Floats]
"""Weights ``[features, labels]`` and biases ``[labels]``: margins are ``rows @ weights + bias``."""

Train = Callable[[csr_array, Floats], Scorer]
"""Makes a scorer from rows ``[examples, features]`` and gold ``[examples, labels]``."""

MACHINES = ((0.7, False), (1.5, True))
"""What `Linear` tries: the cost of an error, and whether features are scaled."""

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""How much of the naive-Bayes margin `Linear` tries to add to a machine's."""

SMOOTHING = (0.02, 0.1, 0.5)
"""What `Bayes` tries: the weight added to every feature of every label."""


@register("linear", sample="linear()")
@dataclass(frozen=True)
class Linear:
    """Support vector machines and naive Bayes, added up, over TF-IDF of words and characters.

    One machine per label, with or without naive-Bayes scaling of the features (NB-SVM: Wang &
    Manning, ACL 2012), plus a share of naive Bayes itself: the sum of two linear models is as
    fast as one. Cross-validation inside the training data chooses scaling and share, and sets
    the temperature of the probabilities. A soft label weighs its example for and against each
    label. It knows no word order beyond pairs, and no meaning beyond the letters.
    """

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `LinearModel`; `UnderdogError` without examples of two labels at least."""
        meter = Meter()
        examples = Examples.of(data)
        features = Tfidf.learn(examples.texts)
        rows = features.rows(examples.texts)
        train, factor = chosen(rows, examples, seed)
        scorer = train(rows, examples.gold)
        model = made("linear", data.task.labels, features, scorer, factor)
        meter.bill(1)
        return model


@register("bayes", sample="bayes()")
@dataclass(frozen=True)
class Bayes:
    """Multinomial naive Bayes over the same TF-IDF rows as `Linear`.

    After Rennie et al., "Tackling the poor assumptions of naive Bayes text classifiers", ICML
    2003: weights in place of counts. Cross-validation inside the training data chooses the
    smoothing and sets the temperature of the probabilities.
    """

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `LinearModel`; `UnderdogError` without examples of two labels at least."""
        meter = Meter()
        examples = Examples.of(data)
        features = Tfidf.learn(examples.texts)
        rows = features.rows(examples.texts)
        folds = list(examples.held_out(seed))
        trains = [_naive_bayes(alpha) for alpha in SMOOTHING]
        trials = [(*fit_temperature(*_held_out(t, rows, examples.gold, folds)), t) for t in trains]
        _, factor, train = min(trials, key=itemgetter(0))
        scorer = train(rows, examples.gold)
        model = made("bayes", data.task.labels, features, scorer, factor)
        meter.bill(1)
        return model


@register("linear.model")
@dataclass(frozen=True, eq=False)
class LinearModel:
    """The softmax of ``features.rows(texts) @ weights + bias``.

    ``weights`` has the shape ``[features, labels]``, ``bias`` ``[labels]``; a bias of minus
    infinity is a label that was never seen in training.
    """

    name: str
    labels: tuple[str, ...]
    features: Tfidf
    weights: Weights
    bias: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        probs = softmax(self.margins(texts))
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), self.name)

    def margins(self, texts: Sequence[Text]) -> Floats:
        """Log probabilities but for a constant, shape ``[texts, labels]``."""
        said: Floats = self.features.multiply(texts, self.weights) + self.bias
        return said


def chosen(rows: csr_array, examples: Examples, seed: int) -> tuple[Train, float]:
    """How `Linear` trains on ``examples``, whose features are ``rows``; and by what it multiplies
    margins, so that their softmax is calibrated."""
    folds = list(examples.held_out(seed))
    bayes, trials = _naive_bayes(SMOOTHING[0]), []
    prior, gold = _held_out(bayes, rows, examples.gold, folds)
    for machine in [_machines(cost, scaled, seed) for cost, scaled in MACHINES]:
        margins, _ = _held_out(machine, rows, examples.gold, folds)
        trials += [(*fit_temperature(margins + s * prior, gold), machine, s) for s in SHARES]
    _, factor, machine, share = min(trials, key=itemgetter(0))

    def train(rows: csr_array, gold: Floats) -> Scorer:
        (weights, bias), (likely, common) = (f(rows, gold) for f in (machine, bayes))
        return weights + share * likely, bias + share * common

    return train, factor


def made(
    name: str, labels: tuple[str, ...], features: Tfidf, scorer: Scorer, factor: float
) -> LinearModel:
    """The model of a ``scorer`` whose margins are multiplied by ``factor``."""
    weights, bias = scorer
    shrunk = np.ascontiguousarray(weights * factor, np.float32)
    return LinearModel(name, labels, features, shrunk, bias * factor)


def _held_out(
    train: Train, rows: csr_array, gold: Floats, folds: Sequence[tuple[Mask, Mask]]
) -> tuple[Floats, Floats]:
    """The margins, and the gold, of every row that was held out; training on the others."""
    margins, truth = [np.zeros((0, gold.shape[1]))], [np.zeros((0, gold.shape[1]))]
    for learn, check in folds:
        weights, bias = train(rows[learn], gold[learn])
        margins.append(rows[check] @ weights + bias)
        truth.append(gold[check])
    return np.concatenate(margins), np.concatenate(truth)


def _machines(cost: float, scaled: bool, seed: int) -> Train:
    """One support vector machine for each label against the others."""

    def train(rows: csr_array, gold: Floats) -> Scorer:
        weights = np.zeros((rows.shape[1], gold.shape[1]))
        bias = np.full(gold.shape[1], -np.inf)
        seen = np.flatnonzero(gold.sum(axis=0) > 0)
        if len(seen) == 1:
            bias[seen] = 0.0
            return weights, bias
        for k in seen[1:] if len(seen) == 2 else seen:
            scale = np.abs(_log_ratio(rows, gold[:, k])) if scaled else np.ones(rows.shape[1])
            stretched = csr_array(
                (rows.data * scale[rows.indices], rows.indices, rows.indptr), shape=rows.shape
            )
            machine = _machine(stretched, gold[:, k], cost, seed)
            weights[:, k], bias[k] = machine.coef_[0] * scale, machine.intercept_[0]
        if len(seen) == 2:  # one machine tells both apart
            weights[:, seen[0]], bias[seen[0]] = -weights[:, seen[1]], -bias[seen[1]]
        return weights, bias

    return train


def _machine(rows: csr_array, share: Floats, cost: float, seed: int) -> Any:
    """A machine for ``share``, the probability of yes; a doubtful row counts for yes and for no."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    yes, no = np.flatnonzero(share > 0), np.flatnonzero(share < 1)
    if len(yes) + len(no) > len(share):
        at = np.concatenate([yes, no])
        rows, says = rows[at], np.arange(len(at)) < len(yes)
        shares = np.concatenate([share[yes], 1 - share[no]])
    else:
        says, shares = share > 0, None
    machine = LinearSVC(C=cost, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a near miss is as good an answer
        return machine.fit(rows, says, shares)


def _log_ratio(rows: csr_array, share: Floats) -> Floats:
    """How much more often each feature comes with yes than with no, as a logarithm."""
    yes, no = rows.T @ share + 1.0, rows.T @ (1.0 - share) + 1.0
    ratio: Floats = np.log(yes / yes.sum()) - np.log(no / no.sum())
    return ratio


def _naive_bayes(alpha: float) -> Train:
    """Weights are log frequencies of features, and biases log frequencies of labels."""

    def train(rows: csr_array, gold: Floats) -> Scorer:
        total = gold.sum(axis=0)
        mass = rows.T @ gold + alpha
        with np.errstate(divide="ignore"):
            return np.log(mass / mass.sum(axis=0)), np.log(total / total.sum())

    return train
