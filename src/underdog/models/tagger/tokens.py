"""Tokens of a text, what is seen of each, and the tags of the pieces that it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ...core.data import Text, clean
from ...core.values import Piece

TOKEN = re.compile(r"\w+|[^\w\s]")
BUCKETS = 1 << 22
WIDTH, STEP = 10, 2
"""Hashes of one word, and the words before and after a token that are seen."""

PRIME = np.uint64(0xBF58476D1CE4E5B9)
OUTSIDE = "O"

Place = tuple[int, int]
"""The first character of a token, and the one after its last."""


def plain(text: Text) -> str:
    """A text as it is read: cleaned, and the two sides of a pair on lines of their own."""
    return clean(text if isinstance(text, str) else "\n".join(text))


def tokens(text: str) -> list[Place]:
    """Where the words and signs of ``text`` stand."""
    return [found.span() for found in TOKEN.finditer(text)]


def tags(text: str, places: Sequence[Place], pieces: Sequence[Piece]) -> list[str] | None:
    """The tag of each token: B-kind where a piece begins, I-kind inside it, O elsewhere.

    Pieces are looked for in their order, each from where the last one ended, else from the start.
    None if one does not stand in ``text`` as whole tokens.
    """
    starts = {start: i for i, (start, _) in enumerate(places)}
    ends = {end: i for i, (_, end) in enumerate(places)}
    found, at = [OUTSIDE] * len(places), 0
    for kind, piece in pieces:
        begin = _find(text, piece.strip(), at, starts, ends, found)
        if begin < 0:
            begin = _find(text, piece.strip(), 0, starts, ends, found)
        if begin < 0:
            return None
        at = begin + len(piece.strip())
        for i in range(starts[begin], ends[at] + 1):
            found[i] = ("B-" if i == starts[begin] else "I-") + kind
    return found


def pieces_of(text: str, places: Sequence[Place], said: Sequence[str]) -> list[Piece]:
    """The pieces that the tags ``said`` mark: neighbouring tokens of one kind."""
    found: list[tuple[str, int, int]] = []
    last = OUTSIDE
    for (start, end), tag in zip(places, said, strict=True):
        if tag != OUTSIDE:
            scheme, _, kind = tag.partition("-")
            if scheme == "I" and last != OUTSIDE and last.partition("-")[2] == kind:
                found[-1] = (kind, found[-1][1], end)
            else:
                found.append((kind, start, end))
        last = tag
    return [(kind, text[start:end]) for kind, start, end in found]


def buckets(text: str, places: Sequence[Place]) -> NDArray[np.int64]:
    """What is seen of each token, as hashed features, ``[tokens, features]``: words, their forms,
    beginnings and ends, and the words and forms around them.
    """
    seen = [_word(text[start:end]) for start, end in places]
    own = np.array(seen, np.uint64).reshape(len(seen), WIDTH)
    edge = np.zeros((STEP, WIDTH), np.uint64)
    padded = np.concatenate([edge, own, edge])
    near = [padded[STEP + k : STEP + k + len(own), :2] for k in (-2, -1, 1, 2)]
    both = [_mixed(one, own[:, :2]) for one in near[1:3]]
    columns = np.concatenate([own, *near, *both, np.ones((len(own), 1), np.uint64)], axis=1)
    salts = np.arange(1, columns.shape[1] + 1, dtype=np.uint64)
    return (_mixed(columns, salts) % np.uint64(BUCKETS)).astype(np.int64)


@lru_cache(maxsize=100_000)
def _word(word: str) -> tuple[int, ...]:
    """Hashes of a word, its form, and its first and last one to four characters."""
    lower = word.lower()
    parts = [lower, _shape(word)]
    parts += [part for n in (1, 2, 3, 4) for part in (lower[:n], lower[-n:])]
    return tuple([crc32(part.encode("utf-8", "replace")) for part in parts])


def _mixed(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of two hashes, of the same shape (multiply and shift)."""
    mixed = (one + np.uint64(1)) * PRIME ^ (other * np.uint64(0x9E3779B97F4A7C15))
    mixed ^= mixed >> np.uint64(29)
    found: NDArray[np.uint64] = mixed * PRIME
    return found ^ (found >> np.uint64(32))


def _shape(word: str) -> str:
    """The form of a word: Xxx for London, dd for 42, XX for NATO, xx for the."""
    kinds = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "d", word))
    forms = "".join("X" if c.isupper() else k for c, k in zip(word, kinds, strict=True))
    return re.sub(r"(.)\1{2,}", r"\1\1", forms)


def _find(
    text: str,
    piece: str,
    at: int,
    starts: dict[int, int],
    ends: dict[int, int],
    found: Sequence[str],
) -> int:
    """The first place from ``at`` where ``piece`` stands as whole tokens that have no tag yet."""
    begin = text.find(piece, at) if piece else -1
    while begin >= 0:
        end = begin + len(piece)
        whole = begin in starts and end in ends
        if whole and all(tag == OUTSIDE for tag in found[starts[begin] : ends[end] + 1]):
            return begin
        begin = text.find(piece, begin + 1)
    return -1
