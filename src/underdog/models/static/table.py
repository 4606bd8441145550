"""A vector for each token of an encoder, so that the encoder itself is not needed any more."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..transformers.network import token_sums
from .model import Vectors

WIDTH = 256
"""Dimensions that are kept."""

LEAST = 1000
"""Tokens that are at least shown to the encoder: others are guessed from these."""

RARE = 1e-4
"""The probability of a token above which it counts for less than half (Arora et al.'s ``a``)."""

BATCH = 256
SCALE = 3.0
"""The length of the average vector: means of many tokens are short, and a network likes size."""


def distilled(body: Any, tool: Any, seen: NDArray[np.int64]) -> Vectors:
    """Vectors of all tokens, shape ``[tokens, WIDTH]`` or less wide: Model2Vec's, from an encoder.

    Each token is read alone; what the encoder makes of it is reduced by principal components and
    weighed by how rare the token is, taking vocabularies to be sorted by frequency (Tulkens & van
    Dongen, Model2Vec, 2024; Arora et al., ICLR 2017). To save time the encoder reads the tokens
    ``seen``, and some more; the others' vectors are those that a ridge regression predicts from
    the encoder's input embeddings.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import RidgeCV

    inputs = body.get_input_embeddings().weight.detach().numpy()
    n = len(inputs)
    spread = np.linspace(0, n - 1, min(LEAST, n)).astype(np.int64)
    read = np.union1d(seen, spread)
    means = _read_alone(body, tool, read)
    reduced = PCA(min(WIDTH, *means.shape), random_state=0).fit_transform(means)
    guess = RidgeCV(np.logspace(-2, 3, 6)).fit(inputs[read], reduced)
    table = guess.predict(inputs)
    table[read] = reduced
    table *= rarity(n)[:, None]
    scaled: Vectors = (table * (SCALE / np.linalg.norm(table, axis=1).mean())).astype(np.float32)
    return scaled


def rarity(n: int) -> NDArray[np.float64]:
    """The weights ``a / (a + p)`` of ``n`` tokens, whose probabilities ``p`` fall as Zipf says."""
    chances = 1 / np.arange(2, n + 2)
    weights: NDArray[np.float64] = RARE / (RARE + chances / chances.sum())
    return weights


def _read_alone(body: Any, tool: Any, ids: NDArray[np.int64]) -> Vectors:
    """The mean vector of each token between the special ones, shape ``[tokens, width]``."""
    sample = tool.encode("a")
    first = sample.special_tokens_mask.index(0)
    last = len(sample.ids) - sample.special_tokens_mask[::-1].index(0)
    before, after = sample.ids[:first], sample.ids[last:]
    found = []
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        rows = np.column_stack(
            [np.tile(before, (len(some), 1)), some, np.tile(after, (len(some), 1))]
        ).astype(np.int64)
        asked = torch.from_numpy(rows)
        with torch.inference_mode():
            none = torch.zeros_like(asked)
            sums = token_sums(body, asked, torch.ones_like(asked), none, none)[:, 0]
        found.append((sums / rows.shape[1]).numpy())
    return np.concatenate(found)
