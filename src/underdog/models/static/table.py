"""Static token vectors distilled from an encoder, which is not needed any more afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..transformers.network import token_sums
from .model import Vectors

WIDTH = 256
"""Dimensions that are kept."""

MIN_ENCODED = 1000
"""Least number of tokens that the encoder reads; the other vectors are predicted from these."""

SIF_CONSTANT = 1e-4
"""The constant ``a`` of Arora et al.: a token of this probability counts for half."""

BATCH = 256
MEAN_LENGTH = 3.0
"""The mean length of the vectors: averages of many tokens are short, and larger inputs train
better.
"""


def distill(body: Any, tokenizer: Any, seen: NDArray[np.int64]) -> Vectors:
    """A vector for every token, ``[tokens, width]`` with up to `WIDTH` columns: Model2Vec of an
    encoder.

    Each token is encoded on its own. The results are reduced by principal components and weighted
    by rarity, assuming that vocabularies are sorted by frequency (Tulkens & van Dongen, Model2Vec,
    2024; Arora et al., ICLR 2017). To save time, the encoder reads the token ids ``seen`` and some
    more; the other vectors are predicted by ridge regression from the encoder's input embeddings.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import RidgeCV

    inputs = body.get_input_embeddings().weight.detach().numpy()
    n = len(inputs)
    sampled = np.linspace(0, n - 1, min(MIN_ENCODED, n)).astype(np.int64)
    encoded = np.union1d(seen, sampled)
    means = _encode_single_tokens(body, tokenizer, encoded)
    reduced = PCA(min(WIDTH, *means.shape), random_state=0).fit_transform(means)
    regression = RidgeCV(np.logspace(-2, 3, 6)).fit(inputs[encoded], reduced)
    table = regression.predict(inputs)
    table[encoded] = reduced
    table *= rarity_weights(n)[:, None]
    scaled: Vectors = (table * (MEAN_LENGTH / np.linalg.norm(table, axis=1).mean())).astype(
        np.float32
    )
    return scaled


def rarity_weights(n: int) -> NDArray[np.float64]:
    """The weights ``a / (a + p)`` of ``n`` tokens, ``[n]``, with probabilities ``p`` from Zipf's
    law.
    """
    frequencies = 1 / np.arange(2, n + 2)
    weights: NDArray[np.float64] = SIF_CONSTANT / (SIF_CONSTANT + frequencies / frequencies.sum())
    return weights


def _encode_single_tokens(body: Any, tokenizer: Any, ids: NDArray[np.int64]) -> Vectors:
    """The mean vector of each token between the special tokens, shape ``[tokens, width]``."""
    sample = tokenizer.encode("a")
    first = sample.special_tokens_mask.index(0)
    last = len(sample.ids) - sample.special_tokens_mask[::-1].index(0)
    before, after = sample.ids[:first], sample.ids[last:]
    vectors = []
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        rows = np.column_stack(
            [np.tile(before, (len(batch), 1)), batch, np.tile(after, (len(batch), 1))]
        ).astype(np.int64)
        batch_ids = torch.from_numpy(rows)
        with torch.inference_mode():
            zeros = torch.zeros_like(batch_ids)
            sums = token_sums(body, batch_ids, torch.ones_like(batch_ids), zeros, zeros)[:, 0]
        vectors.append((sums / rows.shape[1]).numpy())
    return np.concatenate(vectors)
