"""What each labelled row is worth to a classifier: exact Shapley values for nearest neighbours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...models.features.tfidf import Tfidf
from ...runtime.registry import register
from ...runtime.schema import Number
from ..pool import Pool, rows_of
from ..pool.pool import texts_of
from ..scoring import Learning
from .combined import in_shares
from .table import Table

FOLDS = 5
ASKED = 1_000
"""Rows that a row's value is measured by, at most, in each fold."""


@register("valued", holds={"k": Number(1, 1000)})
@dataclass(frozen=True)
class Valued(Learning):
    """Which labelled rows help: the Shapley value of each for a classifier of ``k`` neighbours.

    Exact and without retraining (Jia et al., VLDB 2019), on the cosine of TF-IDF rows, measured on
    the labelled target, or else on each fifth of the rows for the four others. Wrong labels get
    low values. Rows are ranked inside their label, so that what is kept has the shares of labels
    that the pool has. The labelled rows must fit in memory.
    """

    k: int = 10

    def learn(self, pool: Pool) -> Table:
        """The value of every labelled row."""
        data = pool.take(pool.left())
        rows, texts = rows_of(data), texts_of(data)
        known = np.array([label is not None for label in data.labels], bool)
        if not known.any():
            raise UnderdogError("valued() needs labels", "name the column: --label COLUMN")
        labels = np.array([label or "" for label in data.labels], dtype=object)
        vectors = Tfidf.learn(texts)
        features = _unit(vectors.rows(texts))
        found = np.zeros(len(data))
        target = pool.target
        if target is not None and target.known.any():
            aim = target.take(np.flatnonzero(target.known))
            like = _unit(vectors.rows(texts_of(aim))) @ features[known].T
            found[known] = shapley(like.toarray(), labels[known], np.array(aim.labels), self.k)
            return Table(rows[known], _inside(found[known], labels[known], pool.seed))
        fold = np.random.default_rng(pool.seed).integers(FOLDS, size=len(data))
        for one in range(FOLDS):
            asked = np.flatnonzero(known & (fold == one))[:ASKED]
            mine = known & (fold != one)
            like = (features[asked] @ features[mine].T).toarray()
            found[mine] += shapley(like, labels[mine], labels[asked], self.k) / (FOLDS - 1)
        return Table(rows[known], _inside(found[known], labels[known], pool.seed))


def _inside(values: Floats, labels: NDArray[np.object_], seed: int) -> Floats:
    """Scores whose highest hold the labels in the shares that they have, ``[rows]``."""
    shares = {label: float(n) for label, n in Counter(labels.tolist()).items()}
    return in_shares(values, tuple(labels.tolist()), shares, seed)


def _unit(rows: Any) -> Any:
    from sklearn.preprocessing import normalize

    return normalize(rows)


def shapley(
    like: Floats, labels: NDArray[np.object_], truth: NDArray[np.object_], k: int
) -> Floats:
    """The Shapley value of each training row, ``[rows]``, averaged over the questions.

    ``like`` is the likeness of each question to each row, ``[questions, rows]``; ``labels`` are
    those of the rows, ``truth`` those of the questions. The value of a set of rows is the share of
    right labels among the ``k`` rows of it that are nearest to a question.
    """
    n = like.shape[1]
    order = np.argsort(-like, axis=1, kind="stable")
    right = (labels[order] == truth[:, None]).astype(np.float64)
    place = np.arange(1, n)  # of the row before each difference, from 1
    steps = (right[:, :-1] - right[:, 1:]) / k * np.minimum(k, place) / place
    values = np.empty_like(right)
    values[:, -1] = right[:, -1] / n * min(k, n) / k
    values[:, :-1] = values[:, -1:] + np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    found = np.zeros(n)
    np.add.at(found, order.ravel(), values.ravel())
    return found / max(1, len(like))
