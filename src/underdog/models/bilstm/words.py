"""Texts as sequences of word vectors: learned, static or contextual embeddings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.data import clean
from ...runtime.registry import register
from ...runtime.schema import Array
from ..features.tokenizer import check_ids, load_tokenizer
from ..features.tokens import MAX_CHARS, split_words_and_marks, word_spans
from ..transformers.embeddings import token_states

Vectors = NDArray[np.float32]
Rows = NDArray[Any]

WIDTH = 100
"""Length of a learned word vector."""

WINDOW = 256
"""Tokens in a window of an encoder; only its table of token vectors is used."""

UNKNOWN = 1
"""The row of words outside the vocabulary; row 0 is padding."""


class WordReader(Protocol):
    """Reads each text as at least one row, and turns rows into vectors ``[..., width]``.

    Rows are indices into a table, ``[words]``, or the vectors themselves, ``[words, width]``.
    """

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        """The rows of each text, ``[words]`` or ``[words, width]``."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of ``rows``, ``[..., width]``."""
        ...


def _disagreement(m: Any) -> str:
    """What is wrong with `Words` that have the fields of ``m``."""
    terms = m.terms.count(b"\n") + 1 if m.terms else 0
    return "" if len(m.table) == terms + UNKNOWN + 1 else "words and vectors do not agree"


@register("bilstm.words", holds={"table": Array("rows_of_words", "width")}, check=_disagreement)
@dataclass(frozen=True, eq=False)
class LearnedVectors:
    """A vocabulary of lower-case words and punctuation marks, one per line of ``terms``, and their
    vectors.

    ``table`` has the shape ``[words, width]``.
    """

    terms: bytes
    table: Vectors

    @classmethod
    def of(cls, texts: Sequence[str]) -> LearnedVectors:
        """The words that occur in at least two of ``texts``; their vectors are not trained yet."""
        counts = Counter[str]()
        for text in texts:
            counts.update(set(_words(text)))
        common = sorted(word for word, n in counts.items() if n > 1)
        table = np.zeros((len(common) + UNKNOWN + 1, WIDTH), np.float32)
        return cls("\n".join(common).encode("utf-8", "surrogatepass"), table)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The table row of each word."""
        words = self.terms.decode("utf-8", "surrogatepass").split("\n") if self.terms else []
        return {word: i for i, word in enumerate(words, UNKNOWN + 1)}

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        """The table row of each word, one array ``[words]`` per text."""
        return [
            np.array(
                [self.row_of.get(word, UNKNOWN) for word in _words(text)] or [UNKNOWN], np.int64
            )
            for text in texts
        ]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the words of ``text`` begin and end; none where lower case has another length."""
        low = text[:MAX_CHARS].lower()
        return word_spans(low) if len(low) == len(text[:MAX_CHARS]) else []

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of ``rows``, ``[..., width]``."""
        vectors: Vectors = self.table[rows]
        return vectors


@register("bilstm.pieces", holds={"table": Array("tokens", "width")})
@dataclass(frozen=True, eq=False)
class StaticVectors:
    """The token vectors of an encoder's input layer, scaled to standard deviation 1, in float16.

    A token has the same vector in every context. ``tokenizer`` is JSON of the tokenizers library;
    ``table`` has the shape ``[tokens, width]``. Both are saved with the model, which does not need
    the encoder any more.
    """

    tokenizer: str
    table: NDArray[np.float16]

    @classmethod
    def of(cls, encoder: str) -> StaticVectors:
        """The vectors of an ``encoder`` that `Encoder` takes.

        Raises `UnderdogError` if there is none of that name.
        """
        from ..transformers.pretrained import pretrained

        body, reader = pretrained(encoder, WINDOW)
        table = body.get_input_embeddings().weight.detach().numpy()
        return cls(reader.tokenizer, (table / table.std()).astype(np.float16))

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self.tokenizer, "onnx")

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        """The token ids of each text, one array ``[tokens]`` per text."""
        encodings = self._tokenizer.encode_batch([clean(text[:MAX_CHARS]) for text in texts])
        for encoding in encodings:
            check_ids(encoding.ids, len(self.table))
        return [np.array(encoding.ids or [0], np.int64) for encoding in encodings]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the tokens of ``text`` begin and end."""
        offsets: list[tuple[int, int]] = self._tokenizer.encode(clean(text[:MAX_CHARS])).offsets
        return offsets

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of ``rows``, ``[..., width]``."""
        vectors: Vectors = self.table[rows].astype(np.float32)
        return vectors


@register("bilstm.contexts")
@dataclass(frozen=True)
class ContextualVectors:
    """The vectors that an encoder gives the tokens of a text in context.

    Needs torch for training and for answers, and one pass of the encoder: for MiniLM about 10 ms
    per text on one core. The encoder is loaded by its name and is not saved.
    """

    encoder: str = "minilm"

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        """The token vectors of each text, one array ``[tokens, width]`` per text."""
        return [*_in_context(tuple([text[:MAX_CHARS] for text in texts]), self.encoder)]

    def vectors(self, rows: Rows) -> Vectors:
        """``rows`` in float32, ``[..., width]``."""
        vectors: Vectors = rows.astype(np.float32)
        return vectors


EMBEDDINGS: dict[
    str, Callable[[Sequence[str], str], LearnedVectors | StaticVectors | ContextualVectors]
] = {
    "learned": lambda texts, _: LearnedVectors.of(texts),
    "static": lambda _, encoder: StaticVectors.of(encoder),
    "contextual": lambda _, encoder: ContextualVectors(encoder),
}
"""Makes a reader from the training texts and the name of an encoder."""


@lru_cache(maxsize=1)
def _in_context(texts: tuple[str, ...], encoder: str) -> tuple[Rows, ...]:
    """Caches the last call, because all members of an ensemble read the same texts."""
    return tuple(token_states(texts, encoder))


def _words(text: str) -> list[str]:
    return split_words_and_marks(text[:MAX_CHARS].lower())
