"""Readable features: how many words of each list a text has, and a few numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from ...core.cost import Floats
from ...core.data import Text
from ..features.tokens import MAX_CHARS, VIEWS, split_words, views_of

LEAST = 3
"""Texts that a word or word pair must occur in."""

NUMBERS = {
    False: ("length",),
    True: ("length of the first", "length of the second", "share of the second's words shared"),
}
"""The numbers that are read of single texts, and of pairs; lengths are logarithms of words."""


def terms_of(text: Text) -> set[str]:
    """The words and pairs of neighbouring words of a text; those of a pair with their side.

    >>> sorted(terms_of("so Good"))
    ['good', 'so', 'so good']
    """
    if isinstance(text, str):
        words = split_words(text[:MAX_CHARS].lower())
        return {*words, *map(" ".join, pairwise(words))}
    views = views_of((text[0][:MAX_CHARS], text[1][:MAX_CHARS]))
    terms = [terms_of(views[1]), *map(split_words, views[2:])]
    return {f"{n}: {term}" for n, some in zip(VIEWS[1:], terms, strict=True) for term in some}


def numbers_of(text: Text) -> list[float]:
    """The `NUMBERS` of a text."""
    if isinstance(text, str):
        return [float(np.log1p(len(split_words(text[:MAX_CHARS]))))]
    views = [split_words(view) for view in views_of(text)]
    lengths = [float(np.log1p(len(views[side]))) for side in (0, 1)]
    return [*lengths, len(views[2]) / max(1, len(views[2]) + len(views[4]))]


def common_terms(texts: Sequence[Text]) -> dict[str, int]:
    """The terms of at least `LEAST` texts, or of all if none is as common; how many have each."""
    counts = Counter(term for text in texts for term in sorted(terms_of(text)))
    return {t: n for t, n in counts.items() if n >= LEAST} or dict(counts)


def rows_of(texts: Sequence[Text], place: dict[str, int], width: int) -> csr_array:
    """How many terms of each column a text has, ``[texts, width]``; ``place`` names the columns."""
    cells: list[int] = []
    ends = [0]
    for text in texts:
        cells += sorted(k for term in terms_of(text) if (k := place.get(term)) is not None)
        ends.append(len(cells))
    ones = np.ones(len(cells))
    rows = csr_array(
        (ones, np.array(cells, np.int32), np.array(ends, np.int32)), shape=(len(texts), width)
    )
    rows.sum_duplicates()
    return rows


class Lists:
    """The lists of words of a model, and where a text has them."""

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        self.lists = lists

    @cached_property
    def place(self) -> dict[str, int]:
        """The list of each term."""
        return {term: k for k, terms in enumerate(self.lists) for term in terms}

    def counts(self, texts: Sequence[Text]) -> Floats:
        """How many words of each list each text has, ``[texts, lists]``."""
        return np.asarray(rows_of(texts, self.place, len(self.lists)).toarray(), np.float64)

    def matches(self, text: Text) -> Iterator[tuple[str, int]]:
        """The terms of ``text`` that are in a list, and that list."""
        return ((t, self.place[t]) for t in sorted(terms_of(text)) if t in self.place)
