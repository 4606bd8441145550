"""Texts as vectors of length 1: of an encoder, or sums of static vectors of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...runtime.extras import require
from ...runtime.registry import register
from ...runtime.schema import Array
from ..features.tokenizer import check_ids
from ..static.model import Tokens
from ..static.recipe import Static

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Anything that turns texts into vectors of length 1."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A vector for each text, ``[texts, width]``."""
        ...

    def kept(self, texts: Sequence[str]) -> Vectors:
        """The same, ``[texts, width]``, where a process reads each text once: for indexing."""
        ...


@register("dense.encoder")
@dataclass(frozen=True)
class Encoded:
    """The mean of an encoder's token vectors; the encoder is loaded by its name."""

    encoder: str

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A vector for each text, ``[texts, width]``; only the first 256 tokens are read."""
        from ..transformers.embeddings import embed

        return embed(texts, self.encoder)

    def kept(self, texts: Sequence[str]) -> Vectors:
        """The same, ``[texts, width]``, where a process reads each text once: for indexing."""
        from ..transformers.embeddings import embed_cached

        return embed_cached(texts, self.encoder)


@register("dense.static", holds={"table": Array("known", "width")})
@dataclass(frozen=True, eq=False)
class Summed:
    """The sum of the vectors that the tokens of a text have in ``table``, ``[tokens, width]``."""

    tokens: Tokens
    table: NDArray[np.float16]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A vector for each text, ``[texts, width]``; zeros where it has no token."""
        ids, ends = self.tokens.bags(texts)
        check_ids(ids, len(self.table))
        seen, columns = np.unique(ids, return_inverse=True)
        counts = csr_array(
            (np.ones(len(ids), np.float32), columns, ends), (len(texts), max(1, len(seen)))
        )
        rows = self.table[seen].astype(np.float32) if len(seen) else np.zeros((1, 1), np.float32)
        return unit(np.asarray(counts @ rows, np.float32))

    def kept(self, texts: Sequence[str]) -> Vectors:
        """The same, ``[texts, width]``: it is quick enough to be computed each time."""
        return self.vectors(texts)


def unit(vectors: Vectors) -> Vectors:
    """``vectors`` at length 1, ``[texts, width]``; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def embedder(encoder: Any, texts: Sequence[str]) -> Embedder:
    """What embeds by ``encoder``: a name, or `Static`, with vectors distilled for ``texts``."""
    if not isinstance(encoder, Static):
        return Encoded(encoder)
    require("torch", "torch")
    from ..static.table import distill
    from ..transformers.pretrained import pretrained

    body, reader = pretrained(encoder.encoder, 256)
    tokens = Tokens(reader.tokenizer)
    ids, _ = tokens.bags(texts)
    return Summed(tokens, distill(body, tokens.loaded, np.unique(ids)).astype(np.float16))
