"""Which features of texts are kept where there are too many for so many labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...core.cost import Floats
from ...core.data import Text
from .tfidf import MOST_TEXTS, Tfidf

MOST_WEIGHTS = 1 << 26
"""The most numbers in a matrix ``[features, labels]``: half a gigabyte while it is trained."""


def learned(texts: Sequence[Text], gold: Floats) -> Tfidf:
    """The TF-IDF features of ``texts``, of which ``gold`` is right, ``[texts, labels]``.

    Where weights for all of them would be more than `MOST_WEIGHTS` numbers, those that tell labels
    apart best are kept. Raises `UnderdogError` if single texts and pairs are mixed.
    """
    features = Tfidf.learn(texts)
    most = MOST_WEIGHTS // gold.shape[1]
    if len(features.idf) <= most:
        return features
    rows = features.rows(texts[:MOST_TEXTS])
    best = np.argsort(-agreement(rows, gold[:MOST_TEXTS]), kind="stable")[:most]
    return features.take(np.sort(best))


def agreement(rows: csr_array, gold: Floats) -> NDArray[np.float64]:
    """How much more often than by chance texts that share a feature share a label, ``[features]``.

    In units of the standard deviation of such counts: one for a word of two texts of one rare
    label, near zero for a word that all labels use.
    """
    seen = csr_array((np.ones(rows.nnz), rows.indices, rows.indptr), rows.shape)
    joint = csr_array(seen.T @ csr_array(gold))
    texts = np.asarray(seen.sum(axis=0), np.float64)
    same_label = np.asarray(joint.power(2).sum(axis=1), np.float64) - np.asarray(
        joint.sum(axis=1), np.float64
    )
    chance = texts * (texts - 1) * float((gold.mean(axis=0) ** 2).sum())
    excess: NDArray[np.float64] = (same_label - chance) / np.sqrt(chance + 1)
    return excess
