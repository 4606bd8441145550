"""Splitting a text into words, word pairs, skip-grams and character n-grams."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ...core.data import Text

MAX_CHARS = 200_000
"""Characters of a text that are read; the rest is ignored."""

OPENING_WORDS = 4
"""Words at the beginning of a text that also count as its opening."""

NGRAM_LENGTHS = (3, 4, 5)
"""Lengths of the character n-grams, which include the spaces around a word."""

SKIPGRAM_WINDOW = 8
"""Largest distance between the two words of a skip-gram."""

split_words = re.compile(r"\w+").findall
"""The words of a text: runs of letters, digits and underscores."""

split_words_and_marks = re.compile(r"\w+|[^\w\s]").findall
"""The words of a text, and each punctuation mark on its own."""


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words and punctuation marks of ``text`` begin and end.

    >>> word_spans("so good!")
    [(0, 2), (3, 7), (7, 8)]
    """
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def word_features_of(text: str) -> list[str]:
    """Words, pairs of neighbouring words, and the opening words once more, marked by ``^``."""
    words = split_words(text[:MAX_CHARS].lower())
    return words + bigrams_and_opening(words)


def skipgrams_of(text: str) -> list[str]:
    """Pairs of different words that are near each other, in either order: ``card&lost``.

    Near means at most `SKIPGRAM_WINDOW` words apart.
    """
    return skipgrams(split_words(text[:MAX_CHARS].lower()))


def bigrams_and_opening(words: Sequence[str]) -> list[str]:
    """Pairs of neighbouring words, and the opening words marked by ``^``."""
    return [*map(" ".join, pairwise(words)), *[f"^{word}" for word in words[:OPENING_WORDS]]]


def skipgrams(words: Sequence[str]) -> list[str]:
    """Each word with the `SKIPGRAM_WINDOW` words that follow it, in alphabetical order."""
    return [
        f"{a}&{b}" if a < b else f"{b}&{a}"
        for i, a in enumerate(words)
        for b in words[i + 1 : i + 1 + SKIPGRAM_WINDOW]
        if a != b
    ]


def char_ngrams_of(text: str) -> list[str]:
    """Character n-grams inside each chunk between spaces: scikit-learn's ``char_wb`` analyzer."""
    return [gram for chunk in text[:MAX_CHARS].lower().split() for gram in char_ngrams(chunk)]


def char_ngrams(chunk: str) -> list[str]:
    """Character n-grams of one chunk and the spaces around it, the shorter ones first."""
    padded = f" {chunk} "
    ends = len(padded) + 1
    return [padded[i : i + n] for n in NGRAM_LENGTHS for i in range(ends - n)]


VIEWS = ("first", "second", "shared", "only first", "only second")
"""The texts that a pair is split into; see `views_of`."""


def views_of(text: Text) -> tuple[str, ...]:
    """The views of a text: itself, or for a pair five of them.

    They are the two sides, their shared words, and the words that only one side has.
    """
    if isinstance(text, str):
        return (text,)
    words = [dict.fromkeys(split_words(side[:MAX_CHARS].lower())) for side in text]
    shared, left, right = (
        " ".join(chosen)
        for chosen in (
            [w for w in words[1] if w in words[0]],
            [w for w in words[0] if w not in words[1]],
            [w for w in words[1] if w not in words[0]],
        )
    )
    return (*text, shared, left, right)
