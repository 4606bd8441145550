"""Vectors of words outside a vocabulary, from their characters (LOVE: Chen et al., ACL 2022)."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..features.tokens import char_ngrams

BUCKETS = 2048
"""Hash buckets of character n-grams."""

MOST = 64
"""N-grams of a word that are read: a longer one is hardly a word."""

PENALTY = 3.0
LEAST = 3
"""Characters of a word of the vocabulary that n-grams learn from."""


def hashed_grams(word: str) -> list[int]:
    """The buckets of the character n-grams of ``word`` in lower case, the shorter ones first.

    >>> len(hashed_grams("ab")), hashed_grams("Ab") == hashed_grams("ab")
    (3, True)
    """
    grams = char_ngrams(word.lower())[:MOST]
    return [crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS for gram in grams]


def gram_vectors(table: NDArray[np.float32], tokenizer: Any) -> NDArray[np.float32]:
    """A vector for each bucket, ``[buckets, width]``, whose sums imitate the words in ``table``.

    ``table`` has a row for each token of ``tokenizer``. Ridge regression from the n-grams of whole
    words onto their vectors, so that a misspelt word is near the one that was meant.
    """
    words = {word: row for word, row in tokenizer.get_vocab().items() if word.isalpha()}
    usable = [(word, row) for word, row in sorted(words.items()) if len(word) >= LEAST]
    if not usable:
        return np.zeros((BUCKETS, table.shape[1]), np.float32)
    grams = [hashed_grams(word) for word, _ in usable]
    ends = np.cumsum([0, *map(len, grams)])
    ids = np.concatenate([np.array(some, np.int64) for some in grams])
    counts = csr_array((np.ones(len(ids)), ids, ends), shape=(len(usable), BUCKETS))
    counts.sum_duplicates()
    targets = table[[row for _, row in usable]].astype(np.float64)
    square = (counts.T @ counts).toarray() + PENALTY * np.eye(BUCKETS)
    return np.linalg.solve(square, counts.T @ targets).astype(np.float32)
