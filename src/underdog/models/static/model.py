"""A trained `Static`: a table of token vectors, convolution filters and two layers."""

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
from ...runtime.schema import Array, Number
from ..features.pair_features import pair_features
from ..features.text_pairs import require_same_kind
from ..features.tokenizer import check_ids, load_tokenizer
from ..training.examples import softmax
from ..training.heads import Head, disagreement
from .characters import hashed_grams

Vectors = NDArray[np.float32]
Bags = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Token ids of all texts, concatenated, and the offset of each text, followed by the end."""

OFFSETS = (-1, 0, 1)
"""Offsets of the three tokens that a filter covers, relative to the middle one."""

BLOCK = 256
"""Texts processed at once: few enough that their activations fit in a cache."""


@register("static.tokenizer", holds={"grams_from": Number(0, 1 << 30)})
@dataclass(frozen=True)
class Tokens:
    """Splits texts into tokens with ``tokenizer``, JSON of the tokenizers library.

    With ``grams_from``, a word outside the vocabulary, which the tokenizer would cut into pieces,
    is its character n-grams instead: ids from ``grams_from`` on (`characters`).
    """

    tokenizer: str
    grams_from: int = 0

    @cached_property
    def loaded(self) -> Any:
        """The tokenizer object.

        Raises `UnderdogError` if the library tokenizers is not installed.
        """
        return load_tokenizer(self.tokenizer, "static")

    def bags(self, texts: Iterable[str]) -> Bags:
        """The tokens of ``texts`` without special tokens: ids ``[tokens]`` and offsets ``[texts +
        1]``.
        """
        cleaned = [clean(text) for text in texts]
        if self.grams_from:
            return self._with_grams(cleaned)
        encoded = [e.ids for e in self.loaded.encode_batch_fast(cleaned, add_special_tokens=False)]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return np.array([i for ids in encoded for i in ids], np.int64), ends

    def _with_grams(self, texts: list[str]) -> Bags:
        """The tokens of ``texts``, and the n-grams of each word that has several."""
        rows: list[list[int]] = []
        for text, encoded in zip(
            texts, self.loaded.encode_batch(texts, add_special_tokens=False), strict=True
        ):
            words, ids, offsets = encoded.word_ids, encoded.ids, encoded.offsets
            row: list[int] = []
            start = 0
            for i in range(1, len(ids) + 1):
                if i < len(ids) and words[i] == words[start]:
                    continue
                if i - start > 1:
                    word = text[offsets[start][0] : offsets[i - 1][1]]
                    row += [self.grams_from + gram for gram in hashed_grams(word)]
                else:
                    row += ids[start:i]
                start = i
            rows.append(row)
        ends = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return np.array([i for row in rows for i in row], np.int64), ends


def _disagreement(m: Any) -> str:
    """What is wrong with a `StaticModel` that has the fields of ``m``."""
    seen = (m.table.shape[1] + m.filters.shape[2]) * (4 if m.pairs else 1)
    return disagreement(m) if len(m.inner) == seen else "the layers do not fit each other"


@register(
    "static.model",
    holds={
        "table": Array("known", "width"),
        "filters": Array(3, "width", "phrases"),
        "filters_bias": Array("phrases"),
        "inner": Array("seen_of_a_text", "hidden"),
        "inner_bias": Array("hidden"),
        "outer": Array("hidden", "labels"),
        "outer_bias": Array("labels", inf=True),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class StaticModel:
    """The softmax of ``max(0, seen @ inner + inner_bias) @ outer + outer_bias``.

    The inputs ``seen`` of a text are the mean of its tokens' rows in ``table``, ``[tokens, width]``
    in float16, and the maximum over positions of each of the ``filters``, ``[3, width, filters]``.
    For a pair they are the `pair_features` of both sides. ``inner`` has the shape ``[features,
    hidden]``, ``outer`` ``[hidden, labels]``. With a ``head``, it turns the scores into sets or
    numbers.
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
    head: Head | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        require_same_kind(texts, self.pairs)
        scores = np.zeros((len(texts), len(self.labels)))
        for start in range(0, len(texts), BLOCK):
            rows = slice(start, start + BLOCK)
            hidden = np.maximum(self.seen(texts[rows]) @ self.inner + self.inner_bias, 0)
            scores[rows] = hidden @ self.outer + self.outer_bias
        if self.head is not None:
            return self.head.answers(scores, self.labels, meter.bill(len(texts)), "static")
        probs = softmax(scores) if len(texts) else scores
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "static")

    def seen(self, texts: Sequence[Text]) -> Vectors:
        """The inputs of the two layers, ``[texts, features]``."""
        if not self.pairs:
            return self._read([str(text) for text in texts])
        one, other = (self._read([text[side] for text in texts]) for side in (0, 1))
        inputs: Vectors = np.hstack(pair_features(one, other))
        return inputs

    def _read(self, texts: Sequence[str]) -> Vectors:
        ids, ends = self.tokens.bags(texts)
        check_ids(ids, len(self.table))
        lengths = np.diff(ends)
        shares = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
        means = (
            csr_array((shares, ids, ends), (len(texts), len(self._float_table))) @ self._float_table
        )
        return np.hstack([means, self._phrases(ids, ends)])

    def _phrases(self, ids: NDArray[np.int64], ends: NDArray[np.int64]) -> Vectors:
        """The maximum of each filter over the positions of each text, at least 0."""
        lengths = np.diff(ends)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        before, here, after = self._responses
        same, no_token = owner[1:] == owner[:-1], len(self.table)
        responses = self.filters_bias + here.take(ids, axis=0)
        responses[1:] += before.take(np.where(same, ids[:-1], no_token), axis=0)
        responses[:-1] += after.take(np.where(same, ids[1:], no_token), axis=0)
        maxima = np.zeros((len(lengths), responses.shape[1]), np.float32)
        nonempty = lengths > 0
        if nonempty.any():
            maxima[nonempty] = np.maximum(np.maximum.reduceat(responses, ends[:-1][nonempty]), 0)
        return maxima

    @cached_property
    def _float_table(self) -> Vectors:
        return self.table.astype(np.float32)

    @cached_property
    def _responses(self) -> Vectors:
        """The response of each filter at each of `OFFSETS` to each token, and last to no token.

        A filter is a sum over offsets, so it can be tabulated for every token.
        """
        table = np.vstack([self._float_table, np.zeros_like(self._float_table[:1])])
        responses: Vectors = np.stack([table @ weights for weights in self.filters])
        return responses
