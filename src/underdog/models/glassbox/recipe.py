"""The recipe of a model that is readable as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from ..linear.scorers import naive_bayes, svms
from ..training.examples import Examples, fit_temperature
from .lists import NUMBERS, common_terms, numbers_of, rows_of
from .model import GlassboxModel

MOST = 50
"""Features that a person can read."""

LONGEST = 100
"""Words of a list."""

COST, SHARE, SMOOTHING = 0.03, 0.06, 1.0
"""``C`` of the support vector machines, the weight of naive Bayes beside them, its smoothing."""


@register("glassbox", sample="glassbox(features=8)", holds={"features": Number(4, MOST)})
@dataclass(frozen=True)
class Glassbox:
    """A sum of points that a person can read: at most ``features`` lists of words, and numbers.

    Support vector machines over words and word pairs with naive-Bayes scaling, and a share of naive
    Bayes (NB-SVM: Wang & Manning, ACL 2012), say what each word is worth. Words that are worth
    about the same are gathered in lists, by k-means, and every word of a list gets the same points,
    once a text. The length of a text, and the words that a pair shares, count beside them. The
    model is its lists: `explain` names the words of a text and their points, `show` prints all.
    """

    features: int = MOST

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `GlassboxModel`.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed.
        """
        data = dataset(data)
        meter = Meter()
        if not 4 <= self.features <= MOST:
            raise UnderdogError(f"{self.features} features are not 4 to {MOST}", "glassbox()")
        examples = Examples.of(data, "glassbox")
        margins, gold = [], []
        for learn, check in list(examples.held_out(seed))[:1]:
            draft = self._grown(data.task.labels, examples, learn, seed)
            texts = [examples.texts[i] for i in np.flatnonzero(check).tolist()]
            margins.append(draft.values(texts) @ draft.weights + draft.bias)
            gold.append(examples.gold[check])
        factor = fit_temperature(margins[0], gold[0])[1] if margins else 1.0
        whole = np.ones(len(examples.texts), bool)
        model = self._grown(data.task.labels, examples, whole, seed, factor)
        meter.bill(1)
        return model

    def _grown(
        self, labels: tuple[str, ...], examples: Examples, rows: np.ndarray, seed: int,
        factor: float = 1.0,
    ) -> GlassboxModel:  # fmt: skip
        """The model of the examples at ``rows``, a mask, its points multiplied by ``factor``."""
        texts = [examples.texts[i] for i in np.flatnonzero(rows).tolist()]
        gold = examples.gold[rows]
        counts = common_terms(texts)
        terms, seen = list(counts), np.array([*counts.values()], np.float64)
        place = {term: i for i, term in enumerate(terms)}
        numbers = np.array([numbers_of(text) for text in texts])
        low, high = numbers.min(axis=0), numbers.max(axis=0)
        scaled = (numbers - low) / np.maximum(high - low, 1e-9)
        wide = hstack([rows_of(texts, place, len(terms)), csr_array(scaled)], format="csr")
        weights, bias = _scored(wide, gold, seed)
        lists, points = _gathered(
            terms, weights[: len(terms)], seen, self.features - len(NUMBERS[examples.pairs]), seed
        )
        return GlassboxModel(
            labels, examples.pairs, lists,
            np.vstack([points, weights[len(terms) :]]) * factor, bias * factor, low, high,
        )  # fmt: skip


def _scored(rows: csr_array, gold: Floats, seed: int) -> tuple[Floats, Floats]:
    """What each column of ``rows`` is worth for each label, ``[columns, labels]``, and biases."""
    narrow = csr_array(
        (rows.data, rows.indices.astype(np.int32), rows.indptr.astype(np.int32)), shape=rows.shape
    )
    weights, bias = svms(COST, True, seed)(narrow, gold)
    likely, _ = naive_bayes(SMOOTHING)(narrow, gold)
    known = np.isfinite(bias)
    mean = likely[:, known].mean(axis=1, keepdims=True)
    return weights + SHARE * np.where(known[None], likely - mean, 0.0), bias


def _gathered(
    terms: Sequence[str], weights: Floats, seen: Floats, most: int, seed: int
) -> tuple[tuple[tuple[str, ...], ...], Floats]:
    """At most ``most`` lists of terms that are worth about the same, and the points of each.

    The strongest terms are taken, by weight and by how many texts have them (``seen``).
    """
    from sklearn.cluster import KMeans

    strength = np.abs(weights).max(axis=1) * np.sqrt(seen)
    best = np.argsort(-strength, kind="stable")[: most * LONGEST]
    best = best[strength[best] > 0]
    if not len(best):
        return (), np.zeros((0, weights.shape[1]))
    groups = min(most, len(np.unique(weights[best].round(9), axis=0)))
    means = KMeans(groups, n_init=1, random_state=seed)
    group = means.fit(weights[best], sample_weight=seen[best]).labels_
    lists, points = [], []
    for k in range(groups):
        mine = best[group == k][:LONGEST]
        if len(mine):
            lists.append(tuple(terms[i] for i in mine.tolist()))
            points.append(np.average(weights[mine], axis=0, weights=seen[mine]))
    return tuple(lists), np.array(points)
