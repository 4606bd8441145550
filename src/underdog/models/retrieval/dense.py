"""An index of vectors: passages that mean what the query means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UnderdogError
from ...core.passages import Hit, Pairs, Passages
from ...data.ranking import best
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array
from ..static.recipe import Static
from .learning import learned
from .vectors import Embedder, Vectors, embedder

Places = NDArray[np.intp]

BLOCK = 64
"""Queries that are compared with all passages at once."""


@register("dense")
@dataclass(frozen=True)
class Dense:
    """Passages whose vectors point where the query's does (Karpukhin et al., DPR, 2020).

    ``encoder`` is anything that `Encoder` takes, or `static()`: the sum of token vectors, which
    reads tens of thousands of texts a second and finds less. Every passage is compared, by faiss
    where it is installed and else by numpy; of a passage, an encoder reads the first 256 tokens.
    With ``learn``, a matrix that turns the vectors of queries is learned from pairs, against the
    passages that are found wrongly; it is used if it finds more on queries that it has not seen.
    """

    encoder: str | Static = "minilm"
    learn: bool = False

    @property
    def learns(self) -> bool:
        """Whether it makes something of pairs."""
        return self.learn

    def over(self, passages: Passages, pairs: Pairs | None = None) -> DenseIndex:
        """The index of ``passages``.

        Raises `UnderdogError` if there is no text in them, the encoder is missing, or there are no
        pairs to learn from.
        """
        if self.learn and not pairs:
            raise UnderdogError(
                "there are no pairs to learn from", "name them: --pairs FILE, or leave out learn"
            )
        texts = list(passages.require().texts)
        reader = embedder(self.encoder, texts)
        index = DenseIndex(passages, reader, _vectors(reader, texts))
        if not (self.learn and pairs):
            return index
        turn = learned(reader.kept(pairs.queries), index.vectors, pairs.within(len(passages)))
        return DenseIndex(passages, reader, index.vectors, turn)


@register(
    "dense.index",
    holds={"vectors": Array("passages", "width"), "turn": Array("width", "width")},
)
@dataclass(frozen=True, eq=False)
class DenseIndex:
    """``vectors`` of the passages, ``[passages, width]``, and ``turn``, ``[width, width]``, by
    which the vectors of queries are multiplied.
    """

    passages: Passages
    reader: Embedder
    vectors: Vectors
    turn: Vectors | None = None

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The passages whose vectors are nearest by cosine; none for a query without words."""
        meter = Meter()
        found: list[list[Hit]] = []
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            asked = self.reader.vectors(block)
            known = asked.any(axis=1) & np.array([bool(query.strip()) for query in block])
            turned = asked if self.turn is None else asked @ self.turn
            for some, (rows, scores) in zip(known, nearest(turned, self.vectors, k), strict=True):
                pairs = zip(rows, scores, strict=True) if some else ()
                found.append([self.passages.hit(int(row), float(score)) for row, score in pairs])
        meter.bill(len(queries))
        return found

    def added(self, passages: Passages) -> DenseIndex:
        """The index of these passages too."""
        more = _vectors(self.reader, list(passages.texts))
        return DenseIndex(
            self.passages + passages, self.reader, np.concatenate([self.vectors, more]), self.turn
        )


def nearest(asked: Vectors, vectors: Vectors, k: int) -> Iterator[tuple[Places, Vectors]]:
    """For each vector ``[queries, width]`` the rows of the ``k`` with the largest product, and it.

    By faiss where it is installed (``pip install faiss-cpu``), else by numpy: both compare all.
    """
    most = min(k, len(vectors))
    if most <= 0:
        nothing = np.zeros(0, np.intp), np.zeros(0, np.float32)
        yield from [nothing] * len(asked)
    elif find_spec("faiss"):
        import faiss

        plain = [np.ascontiguousarray(one, np.float32) for one in (asked, vectors)]
        scores, rows = faiss.knn(*plain, most, metric=faiss.METRIC_INNER_PRODUCT)
        yield from zip(rows, scores, strict=True)
    else:
        for scores in asked @ vectors.T:
            rows = best(scores, most)
            yield rows, scores[rows]


def _vectors(reader: Embedder, texts: Sequence[str]) -> Vectors:
    return np.ascontiguousarray(reader.kept(texts), np.float32)
