"""Where in a text each TF-IDF feature stands: which tokens its occurrences belong to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...core.data import Text
from ...core.explaining import Token
from .tfidf import Tfidf
from .tokens import (
    MAX_CHARS,
    NGRAM_LENGTHS,
    OPENING_WORDS,
    SKIPGRAM_WINDOW,
    VIEWS,
    split_words,
    views_of,
)
from .vocabulary import Vocabulary

_CHUNK = re.compile(r"\S+")
_WORD = re.compile(r"\w+")

Owners = tuple[int, ...]
"""The places of the tokens that an occurrence belongs to, in equal parts."""

Occurrence = tuple[int, str, Owners]
"""An occurrence: the number of the feature in its vocabulary, its name, and its tokens."""


@dataclass(frozen=True)
class _Chunk:
    """A run of characters between spaces, in lower case, and the tokens of each character."""

    text: str
    owners: tuple[Owners, ...]


@dataclass(frozen=True, eq=False)
class Occurrences:
    """The features of one text: ``columns``, ``[distinct]``, and their names.

    ``shares``, a sparse matrix of shape ``[tokens, distinct]``, says how much of a feature
    belongs to each token; the shares of a feature add up to 1.
    """

    columns: NDArray[np.intp]
    names: tuple[str, ...]
    counts: NDArray[np.float64]
    shares: csr_array


def occurrences(features: Tfidf, text: Text, tokens: Sequence[Token]) -> Occurrences:
    """The features of ``text`` and the ``tokens`` that they stand in.

    A feature of two words belongs to both in equal parts; one of several characters to the token
    of the one in the middle. The words that the sides of a pair share belong to both sides.
    """
    everywhere: list[Occurrence] = []
    starts = features.starts[::3].tolist()
    names = ("",) if len(features.spaces) == 1 else tuple(f"{view}: " for view in VIEWS)
    for space, start, name, chunks in zip(
        features.spaces, starts, names, _views(text, tokens), strict=True
    ):
        everywhere += [
            (i + start, name + term, owners) for i, term, owners in _occurrences(space, chunks)
        ]
    ids = np.array([i for i, _, _ in everywhere], np.intp)
    columns, where, counts = np.unique(ids, return_inverse=True, return_counts=True)
    name_of = {i: name for i, name, _ in everywhere}
    rows = [token for _, _, owners in everywhere for token in owners]
    many = np.array([len(owners) for _, _, owners in everywhere], np.intp)
    each = np.repeat(where, many)
    share = 1 / (np.repeat(many, many) * counts[each])
    shape = (len(tokens), len(columns))
    shares = csr_array((share, (np.array(rows, np.intp), each)), shape=shape)
    return Occurrences(
        columns,
        tuple(name_of[i] for i in columns.tolist()),
        counts.astype(float),
        shares,
    )


def _occurrences(space: Vocabulary, chunks: Sequence[_Chunk]) -> Iterator[Occurrence]:
    """The occurrences that `Vocabulary.ids` finds, each with its tokens."""
    words: list[tuple[str, Owners]] = []
    for chunk in chunks:
        mine = [(m.group(), chunk.owners[m.start()]) for m in _WORD.finditer(chunk.text)]
        words += mine
        yield from _of_vocabulary(space._words, mine)
        padded, last = f" {chunk.text} ", len(chunk.text) - 1
        for n in NGRAM_LENGTHS:
            for i in range(len(padded) + 1 - n):
                gram = padded[i : i + n]
                if (at := space._chars.get(gram)) is not None:
                    middle = min(max(i - 1 + n // 2, 0), last)
                    yield at, repr(gram), chunk.owners[middle]
    neighbours = [(f"{a} {b}", (*one, *two)) for (a, one), (b, two) in pairwise(words)]
    opening = [(f"^{word}", owners) for word, owners in words[:OPENING_WORDS]]
    yield from _of_vocabulary(space._words, [*neighbours, *opening])
    for at, (word, one) in enumerate(words, 1):
        if partners := space._skipgrams.get(word):
            for other, two in words[at : at + SKIPGRAM_WINDOW]:
                if joint := partners.get(other):  # no skip-gram has the id 0: words come first
                    yield joint, f"{word} … {other}", (*one, *two)


def _of_vocabulary(
    ids: dict[str, int], named: Sequence[tuple[str, Owners]]
) -> Iterator[Occurrence]:
    return ((i, name, owners) for name, owners in named if (i := ids.get(name)) is not None)


def _views(text: Text, tokens: Sequence[Token]) -> list[list[_Chunk]]:
    """The chunks of each view of a text, with the tokens that they come from."""
    sides = (text,) if isinstance(text, str) else text
    own = [_chunks(part, tokens, side) for side, part in enumerate(sides)]
    if isinstance(text, str):
        return own
    places: list[dict[str, Owners]] = [{}, {}]
    for side, chunks in enumerate(own):
        for chunk in chunks:
            for m in _WORD.finditer(chunk.text):
                places[side].setdefault(m.group(), chunk.owners[m.start()])
    derived = []
    for view in views_of(text)[len(sides) :]:
        words = [(w, tuple(t for p in places for t in p.get(w, ()))) for w in split_words(view)]
        derived.append([_Chunk(word, (owners,) * len(word)) for word, owners in words])
    return [*own, *derived]


def _chunks(part: str, tokens: Sequence[Token], side: int) -> list[_Chunk]:
    mine = [(token.start, i) for i, token in enumerate(tokens) if token.side == side]
    starts = [start for start, _ in mine]
    chunks = []
    for m in _CHUNK.finditer(part[:MAX_CHARS]):
        owners: list[Owners] = []
        low, first = m.group().lower(), bisect_right(starts, m.start()) - 1
        if first + 1 == len(mine) or mine[first + 1][0] >= m.end():  # one token, as a rule
            chunks.append(_Chunk(low, ((mine[max(0, first)][1],),) * len(low)))
            continue
        for at, sign in enumerate(m.group(), m.start()):
            owner = (mine[max(0, bisect_right(starts, at) - 1)][1],)
            owners += [owner] * len(sign.lower())
        owners += owners[-1:] * (len(low) - len(owners))
        chunks.append(_Chunk(low, tuple(owners)))
    return chunks
