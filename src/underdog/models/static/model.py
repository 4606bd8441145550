"""What `Static` learns: a table of token vectors, filters for phrases, and two layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...core.answer import Answers
from ...core.data import Text, clean
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.pair_features import pair_features
from ..features.text_pairs import require_same_kind
from ..features.tokenizer import load_tokenizer
from ..training.examples import softmax

Vectors = NDArray[np.float32]
Bags = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Token numbers of all texts, one after the other, and where each text begins; then the end."""

PLACES = (-1, 0, 1)
"""Where the tokens of a phrase stand, counted from the one in its middle."""

BLOCK = 256
"""Texts that are read at once: few enough that what is known of them fits in a cache."""


@register("static.tokenizer")
@dataclass(frozen=True)
class Tokens:
    """Cuts texts into tokens by ``tokenizer``, the JSON of the library of that name."""

    tokenizer: str

    @cached_property
    def loaded(self) -> Any:
        """The tokenizer itself."""
        return load_tokenizer(self.tokenizer, "static")

    def bags(self, texts: Iterable[str]) -> Bags:
        """The tokens of ``texts``, without the special ones."""
        tidy = [clean(text) for text in texts]
        found = [e.ids for e in self.loaded.encode_batch_fast(tidy, add_special_tokens=False)]
        ends = np.cumsum([0, *map(len, found)], dtype=np.int64)
        return np.array([i for ids in found for i in ids], np.int64), ends


@register("static.model")
@dataclass(frozen=True, eq=False)
class StaticModel:
    """The softmax of ``max(0, seen @ inner + inner_bias) @ outer + outer_bias``.

    What is seen of a text is the mean of its tokens' rows in ``table``, ``[tokens, width]`` in 16
    bits, and how strongly each of the ``filters``, ``[3, width, filters]``, answers to the
    phrase that suits it best; of a pair, the `pair_features` of both sides. ``inner`` has the shape
    ``[features, hidden]``, ``outer`` ``[hidden, labels]``.
    """

    labels: tuple[str, ...]
    pairs: bool
    tokens: Tokens
    table: NDArray[np.float16]
    filters: Vectors
    filters_bias: Vectors
    inner: Vectors
    inner_bias: Vectors
    outer: Vectors
    outer_bias: Vectors

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        require_same_kind(texts, self.pairs)
        probs = np.zeros((len(texts), len(self.labels)))
        for start in range(0, len(texts), BLOCK):
            rows = slice(start, start + BLOCK)
            hidden = np.maximum(self.seen(texts[rows]) @ self.inner + self.inner_bias, 0)
            probs[rows] = softmax((hidden @ self.outer + self.outer_bias).astype(np.float64))
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "static")

    def seen(self, texts: Sequence[Text]) -> Vectors:
        """What the two layers see, ``[texts, features]``."""
        if not self.pairs:
            return self._read([str(text) for text in texts])
        one, other = (self._read([text[side] for text in texts]) for side in (0, 1))
        found: Vectors = np.hstack(pair_features(one, other))
        return found

    def _read(self, texts: Sequence[str]) -> Vectors:
        ids, ends = self.tokens.bags(texts)
        lengths = np.diff(ends)
        shares = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
        means = csr_array((shares, ids, ends), (len(texts), len(self._wide))) @ self._wide
        return np.hstack([means, self._phrases(ids, ends)])

    def _phrases(self, ids: NDArray[np.int64], ends: NDArray[np.int64]) -> Vectors:
        """The strongest answer of each filter to a phrase of each text, 0 at least."""
        lengths = np.diff(ends)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        before, here, after = self._answers
        same, nothing = owner[1:] == owner[:-1], len(self.table)
        said = self.filters_bias + here.take(ids, axis=0)
        said[1:] += before.take(np.where(same, ids[:-1], nothing), axis=0)
        said[:-1] += after.take(np.where(same, ids[1:], nothing), axis=0)
        found = np.zeros((len(lengths), said.shape[1]), np.float32)
        some = lengths > 0
        if some.any():
            found[some] = np.maximum(np.maximum.reduceat(said, ends[:-1][some]), 0)
        return found

    @cached_property
    def _wide(self) -> Vectors:
        return self.table.astype(np.float32)

    @cached_property
    def _answers(self) -> Vectors:
        """What each filter makes of each token in each of `PLACES`; last, of no token.

        A filter's answer is a sum over places: known for every token, it need not be computed.
        """
        known = np.vstack([self._wide, np.zeros_like(self._wide[:1])])
        answers: Vectors = np.stack([known @ place for place in self.filters])
        return answers
