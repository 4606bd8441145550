"""Linear classifiers over TF-IDF: fitted by scikit-learn, answered by numpy alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..core.protocols import Model
from ..wiring.meter import Meter
from ..wiring.registry import register
from .examples import Examples, log_loss, sharpness, softmax
from .tfidf import Tfidf, Weights

Scorer = tuple[Floats, Floats]
"""Weights ``[features, labels]`` and biases ``[labels]``: margins are ``rows @ weights + bias``."""

Train = Callable[[csr_array, Floats], Scorer]
"""Makes a scorer from rows ``[examples, features]`` and gold ``[examples, labels]``."""

FEW = 20
"""Held-out examples below which nothing can be chosen: the first candidate is taken as it is."""


@register("linear", sample="linear()")
@dataclass(frozen=True)
class Linear:
    """A linear support vector machine over TF-IDF of words and of runs of characters.

    One machine per label, with or without naive-Bayes scaling of the features (NB-SVM: Wang &
    Manning, ACL 2012). Scaling and regularisation are chosen by cross-validation inside the
    training data, and the held-out margins set the temperature of the probabilities. Soft
    labels weigh an example for and against each label. It does not know word order beyond
    pairs, nor meaning beyond the letters.
    """

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `LinearModel`; `UnderdogError` without examples of two labels at least."""
        trials = [_machines(c, scaled, seed) for c, scaled in CANDIDATES]
        return _fitted("linear", data, trials, seed)


@register("bayes", sample="bayes()")
@dataclass(frozen=True)
class Bayes:
    """Multinomial naive Bayes over the same TF-IDF rows as `Linear`.

    After Rennie et al., "Tackling the poor assumptions of naive Bayes text classifiers", ICML
    2003: weights in place of counts. Smoothing is chosen, and the temperature of the
    probabilities set, by cross-validation inside the training data.
    """

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `LinearModel`; `UnderdogError` without examples of two labels at least."""
        return _fitted("bayes", data, [_naive_bayes(alpha) for alpha in SMOOTHING], seed)


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
        probs = softmax(self.features.times(texts, self.weights) + self.bias)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), self.name)


CANDIDATES = ((0.4, False), (1.0, False), (0.6, True), (1.5, True))
"""What `Linear` chooses from: the cost of an error, and whether features are scaled."""

SMOOTHING = (0.1, 0.02, 0.5)
"""What `Bayes` chooses from: the weight added to every feature of every label."""


def _fitted(name: str, data: Dataset, trials: Sequence[Train], seed: int) -> LinearModel:
    """The best of ``trials`` by cross-validation, trained on all labelled examples."""
    meter = Meter()
    examples = Examples.of(data)
    features = Tfidf.learn(examples.texts)
    rows = features.rows(examples.texts)
    train, factor = _chosen(trials, rows, examples, seed)
    weights, bias = train(rows, examples.gold)
    model = LinearModel(
        name,
        data.task.labels,
        features,
        np.ascontiguousarray(weights * factor, np.float32),
        bias * factor,
    )
    meter.bill(1)
    return model


def _chosen(
    trials: Sequence[Train], rows: csr_array, examples: Examples, seed: int
) -> tuple[Train, float]:
    """The trial with the fewest held-out errors (then the least surprise), and its sharpness."""
    folds = list(examples.held_out(seed))
    best: tuple[tuple[float, float], Train, float] | None = None
    for train in trials:
        margins, gold = [], []
        for learn, check in folds:
            weights, bias = train(rows[learn], examples.gold[learn])
            margins.append(rows[check] @ weights + bias)
            gold.append(examples.gold[check])
        held, truth = _comparable(np.concatenate(margins), np.concatenate(gold))
        if len(held) < FEW:
            return trials[0], 1.0
        factor = sharpness(held, truth)
        errors = 1 - truth[np.arange(len(held)), held.argmax(axis=1)].mean()
        score = log_loss(held * factor, truth)
        if best is None or (errors, score) < best[0]:
            best = (errors, score), train, factor
    assert best is not None
    return best[1], best[2]


def _comparable(margins: Floats, gold: Floats) -> tuple[Floats, Floats]:
    """The rows whose answer was known to the fold that they were held out from."""
    known = np.isfinite(np.where(gold > 0, margins, 0.0)).all(axis=1)
    return margins[known], gold[known]


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
