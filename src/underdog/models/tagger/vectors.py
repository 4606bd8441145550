"""Vectors of the tokens of a text, by an encoder that is not trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.cost import Floats
from .tokens import Place

SCALE = 4.0
"""The length of a vector: beside some twenty features that are 1."""


def vectors_of(
    texts: Sequence[str], places: Sequence[Sequence[Place]], encoder: str
) -> list[Floats]:
    """Of each text the vectors of the tokens at its ``places``, ``[tokens, width]``.

    A token has the mean of the vectors that the last layer of ``encoder`` gives to its parts; zeros
    if it gives none. Raises `UnderdogError` if there is no such encoder.
    """
    from ..transformers.layers import layer_vectors, reader_of

    reader, found = reader_of(encoder), []
    for text, spots, read in zip(texts, places, layer_vectors(texts, encoder), strict=True):
        spans = np.array([span for window in reader.spans(text) for span in window]).reshape(-1, 3)
        side, starts, ends = spans.T
        rows = np.zeros((len(spots), read.vectors.shape[1]))
        for k, (start, end) in enumerate(spots):
            mine = (side == 0) & (starts < end) & (ends > start)
            if mine.any():
                rows[k] = SCALE * read.vectors[mine].mean(axis=0)
        found.append(rows)
    return found
