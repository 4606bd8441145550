"""Texts as rows of a table of vectors, one for each word."""

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
from ..features.tokenizer import load_tokenizer
from ..features.tokens import MAX_CHARS, split_words_and_marks
from ..transformers.embeddings import states

Vectors = NDArray[np.float32]
Rows = NDArray[Any]

WIDTH = 100
"""Length of a word's vector where it is learned."""

WINDOW = 256
"""Tokens in a window of an encoder, of which only the table of vectors is used."""

UNKNOWN = 1
"""The row of words that are not in a vocabulary; row 0 is padding."""


class Reader(Protocol):
    """Reads each text as rows, one at least, and turns rows into vectors ``[…, width]``.

    Rows are numbers, ``[words]``, for vectors that stand in a table, or the vectors themselves,
    ``[words, width]``.
    """

    def rows(self, texts: Sequence[str]) -> list[Rows]: ...

    def vectors(self, rows: Rows) -> Vectors: ...


@register("bilstm.words")
@dataclass(frozen=True, eq=False)
class Words:
    """A vocabulary of words and punctuation marks in lower case; ``terms`` holds one a line."""

    terms: bytes
    table: Vectors

    @classmethod
    def of(cls, texts: Sequence[str]) -> Words:
        """The words that occur in two of ``texts`` or more, their vectors yet to be learned."""
        found = Counter[str]()
        for text in texts:
            found.update(set(_words(text)))
        common = sorted(word for word, n in found.items() if n > 1)
        table = np.zeros((len(common) + UNKNOWN + 1, WIDTH), np.float32)
        return cls("\n".join(common).encode("utf-8", "surrogatepass"), table)

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each word."""
        words = self.terms.decode("utf-8", "surrogatepass").split("\n") if self.terms else []
        return {word: i for i, word in enumerate(words, UNKNOWN + 1)}

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        return [
            np.array(
                [self.places.get(word, UNKNOWN) for word in _words(text)] or [UNKNOWN], np.int64
            )
            for text in texts
        ]

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = self.table[rows]
        return found


@register("bilstm.pieces")
@dataclass(frozen=True, eq=False)
class Pieces:
    """An encoder's tokens and its input vectors, scaled to a spread of one, in 16 bits.

    A word has the same vector wherever it stands. ``tokenizer`` is the JSON of the library of that
    name. Both are part of a saved model, which does not need the encoder any more.
    """

    tokenizer: str
    table: NDArray[np.float16]

    @classmethod
    def of(cls, encoder: str) -> Pieces:
        """Those of an encoder that `Encoder` takes."""
        from ..transformers.pretrained import pretrained

        body, reader = pretrained(encoder, WINDOW)
        table = body.get_input_embeddings().weight.detach().numpy()
        return cls(reader.tokenizer, (table / table.std()).astype(np.float16))

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self.tokenizer, "onnx")

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        found = self._tokenizer.encode_batch([clean(text[:MAX_CHARS]) for text in texts])
        return [np.array(one.ids or [0], np.int64) for one in found]

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = self.table[rows].astype(np.float32)
        return found


@register("bilstm.contexts")
@dataclass(frozen=True)
class Contexts:
    """The vectors that an encoder gives the tokens of a text in their context.

    A word's vector depends on the others around it. Needs torch wherever it is used; costs a run
    of the encoder, of MiniLM about 10 ms a text on one core. The encoder is not part of a saved
    model: it is found by its name.
    """

    encoder: str = "minilm"

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        return [*_in_context(tuple([text[:MAX_CHARS] for text in texts]), self.encoder)]

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = rows.astype(np.float32)
        return found


EMBEDDINGS: dict[str, Callable[[Sequence[str], str], Words | Pieces | Contexts]] = {
    "learned": lambda texts, _: Words.of(texts),
    "static": lambda _, encoder: Pieces.of(encoder),
    "contextual": lambda _, encoder: Contexts(encoder),
}
"""Readers of texts, made from those to learn from and the name of an encoder."""


@lru_cache(maxsize=1)
def _in_context(texts: tuple[str, ...], encoder: str) -> tuple[Rows, ...]:
    """Remembered until other texts come: all members of an ensemble ask about the same ones."""
    return tuple(states(texts, encoder))


def _words(text: str) -> list[str]:
    return split_words_and_marks(text[:MAX_CHARS].lower())
