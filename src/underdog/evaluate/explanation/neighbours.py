"""The training examples that are nearest to a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from ...core.data import Dataset, Text, normal
from ...core.explaining import Neighbour
from ...models.features.tfidf import Tfidf

NEAREST = 3
"""Examples that are shown."""

READ = 50_000
"""Examples that are compared at most: the first of them."""


def neighbours(texts: Sequence[Text], data: Dataset, most: int = NEAREST) -> list[list[Neighbour]]:
    """For each text the ``most`` labelled examples of ``data`` that are nearest to it.

    By the cosine of their TF-IDF rows of words, character n-grams and skip-grams: examples that
    are alike to the eye, which is not what every model compares. The text itself is left out.
    """
    pairs = zip(data.texts, data.labels, strict=True)
    known = [(text, label) for text, label in pairs if label is not None][:READ]
    if not known:
        return [[] for _ in texts]
    features = Tfidf.learn([text for text, _ in known])
    rows, asked = _unit(features, [text for text, _ in known]), _unit(features, texts)
    found = []
    for text, row in zip(texts, (asked @ rows.T).toarray(), strict=True):
        near: list[Neighbour] = []
        own = normal(text)
        for i in np.argsort(-row, kind="stable")[: most + 8].tolist():
            example, label = known[i]
            if normal(example) != own and row[i] > 0 and len(near) < most:
                near.append(Neighbour(example, label, float(min(row[i], 1.0))))
        found.append(near)
    return found


def _unit(features: Tfidf, texts: Sequence[Text]) -> csr_array:
    """The rows of ``texts``, each of length 1, ``[texts, features]``."""
    rows = features.rows(texts)
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1))
    return csr_array(rows.multiply(1 / np.maximum(lengths, 1e-12)[:, None]))
