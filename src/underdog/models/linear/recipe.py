"""Linear classifiers over TF-IDF: trained by scikit-learn, answered by numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from scipy.sparse import csr_array

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fit_beside
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.selection import learned
from ..training.examples import FOLDS, Examples, Mask, fit_temperature, rounds
from .graded import LEARNED, fit_graded
from .model import LinearModel as LinearModel
from .model import Scorer, graded_model, make_model
from .scorers import Train, naive_bayes, svms

SVM_SETTINGS = ((0.7, False), (1.5, True))
"""Settings that `Linear` tries: ``C``, and whether features are scaled by naive Bayes."""

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Weights that `Linear` tries for adding the naive-Bayes margins to those of the SVMs."""

TRIED, JUDGED = 40_000, 10_000
"""The most examples that settings are tried on, and judged by: a random part of more."""

READING, OVERHEAD = 20, 600
"""What reading a text and what fitting one SVM cost, in examples that one SVM reads."""

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
        features = learned(examples.texts, examples.gold)
        rows = features.rows(examples.texts)
        if examples.kind != "label":
            fitted = fit_graded(rows, examples, seed)
            meter.bill(1)
            return graded_model(examples.outputs(data.task.labels), features, fitted)
        chosen = choose_settings(rows, examples, seed)
        scorer = joint(chosen, seed)(rows, examples.gold)
        model = make_model("linear", data.task.labels, features, scorer, chosen[-1])
        meter.bill(1)
        return model

    def samples_seen(self, data: Dataset) -> float:
        """What a fit costs, counted in examples that one SVM reads.

        There is one SVM for each label, or for both of two, in each trial and at last; each costs
        as much as `OVERHEAD` examples more. Reading a text costs as much as `READING` of them.
        """
        n, labels = len(data), len(set(data.labels) - {None})
        if data.task.kind != "label":
            return float(n)
        trials = len(SVM_SETTINGS) * rounds(n, labels)
        trial = min(TRIED, n * (FOLDS - 1) / FOLDS) + OVERHEAD
        return READING * n + (1 if labels == 2 else labels) * (trials * trial + n + OVERHEAD)


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
        features = learned(examples.texts, examples.gold)
        rows = features.rows(examples.texts)
        folds = _trials(examples, seed)
        trains = [naive_bayes(alpha) for alpha in SMOOTHING]
        trials = [(*fit_temperature(*_held_out(t, rows, examples.gold, folds)), t) for t in trains]
        _, factor, train = min(trials, key=itemgetter(0))
        scorer = train(rows, examples.gold)
        model = make_model("bayes", data.task.labels, features, scorer, factor)
        meter.bill(1)
        return model


def choose_settings(rows: csr_array, examples: Examples, seed: int) -> tuple[float, ...]:
    """The settings of `joint`, chosen on ``examples`` with features ``rows``.

    ``rows`` has the shape ``[examples, features]``. Margins times the last are calibrated logits.
    """
    folds = _trials(examples, seed)
    bayes, trials = naive_bayes(SMOOTHING[0]), []
    prior, gold = _held_out(bayes, rows, examples.gold, folds)
    for cost, scaled in SVM_SETTINGS:
        margins, _ = _held_out(svms(cost, scaled, seed), rows, examples.gold, folds)
        for share in SHARES:
            loss, factor = fit_temperature(margins + share * prior, gold)
            trials.append((loss, (cost, float(scaled), share, factor)))
    return min(trials, key=itemgetter(0))[1]


def joint(chosen: Sequence[float], seed: int) -> Train:
    """SVMs (see `svms`) plus a share of naive Bayes, by the settings of `choose_settings`."""
    cost, scaled, share = chosen[:3]
    svm, bayes = svms(cost, bool(scaled), seed), naive_bayes(SMOOTHING[0])

    def train(rows: csr_array, gold: Floats) -> Scorer:
        (weights, bias), (likely, common) = (f(rows, gold) for f in (svm, bayes))
        likely *= share
        weights += likely  # in place: with many labels each of these is large
        return weights, bias + share * common

    return train


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
