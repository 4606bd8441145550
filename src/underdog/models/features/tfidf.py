"""Texts as sparse rows of TF-IDF weights: what a linear model looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from ...core.data import Text
from ...runtime.registry import register
from .text_pairs import other_kind
from .tokens import (
    COMPANY,
    LIMIT,
    VIEWS,
    company_of,
    grams,
    grams_of,
    phrases,
    tokens,
    views_of,
    words_of,
)

FEWEST = 2
"""Texts that two words must keep company in to count."""

IMPORTANCE = np.array([1.0, 1.0, 0.7])
"""Lengths that the words of a row, its runs of characters and its company are scaled to."""

REMEMBERED, LONGEST = 1 << 16, 48
"""How many chunks a space remembers the features of, and how long a remembered one may be."""

BLOCK = 256
"""Texts turned into rows at a time, so that the work stays inside the processor's cache."""

Ids = NDArray[np.int32]
Weights = NDArray[np.float32]
NOTHING: Ids = np.zeros(0, np.int32)


@register("linear.space")
@dataclass(frozen=True, eq=False)
class Space:
    """What is counted in one kind of text, numbered: first words, then characters, then company.

    Each part holds one feature a line, in UTF-8 (lone surrogates pass). What a chunk between
    spaces holds by itself depends on the chunk alone, so it is worked out once and remembered.
    """

    words: bytes
    chars: bytes
    company: bytes
    _words: dict[str, int] = field(init=False, repr=False)
    _chars: dict[str, int] = field(init=False, repr=False)
    _near: dict[str, dict[str, int]] = field(init=False, repr=False)
    _known: dict[str, tuple[Ids, list[str]]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        words, chars, company = self._parts()
        beyond = len(words) + len(chars)
        near: dict[str, dict[str, int]] = {}
        for i, pair in enumerate(company):
            a, b = pair.split("&")  # no word has an & in it
            near.setdefault(a, {})[b] = near.setdefault(b, {})[a] = beyond + i
        object.__setattr__(self, "_near", near)
        object.__setattr__(self, "_words", {term: i for i, term in enumerate(words)})
        object.__setattr__(self, "_chars", {gram: len(words) + i for i, gram in enumerate(chars)})

    @classmethod
    def learn(cls, texts: Sequence[str]) -> tuple[Space, list[int]]:
        """The space of all features of ``texts``, and in how many of them each one occurs."""
        found = [Counter[str]() for _ in range(3)]
        for text in texts:
            for counts, terms in zip(found, (words_of, grams_of, company_of), strict=True):
                counts.update(dict.fromkeys(terms(text)).keys())  # in order of appearance
        found[2] = Counter({term: n for term, n in found[2].items() if n >= FEWEST})
        packed = ["\n".join(terms).encode("utf-8", "surrogatepass") for terms in found]
        return cls(*packed), [n for counts in found for n in counts.values()]

    @property
    def sizes(self) -> list[int]:
        """How many features the three parts have."""
        return [len(part) for part in self._parts()]

    @property
    def names(self) -> list[str]:
        """What each feature counts; a run of characters is shown in quotation marks."""
        words, chars, company = self._parts()
        return [*words, *map(repr, chars), *company]

    def _parts(self) -> list[list[str]]:
        packed = (self.words, self.chars, self.company)
        return [p.decode("utf-8", "surrogatepass").split("\n") if p else [] for p in packed]

    def ids(self, text: str) -> Ids:
        """The features of ``text``: a number for each occurrence, in no useful order."""
        known, get, near = self._known, self._words.get, self._near.get
        parts: list[Ids] = []
        words: list[str] = []
        for chunk in text[:LIMIT].lower().split():
            inside, held = known.get(chunk) or self._learn_chunk(chunk)
            parts.append(inside)
            words += held
        joint = [i for phrase in phrases(words) if (i := get(phrase)) is not None]
        for at, word in enumerate(words):
            if friends := near(word):
                joint += [friends[w] for w in words[at + 1 : at + 1 + COMPANY] if w in friends]
        parts.append(np.array(joint, np.int32))
        return np.concatenate(parts)

    def _learn_chunk(self, chunk: str) -> tuple[Ids, list[str]]:
        words = tokens(chunk)
        ids = [self._words.get(word) for word in words]
        ids += [self._chars.get(gram) for gram in grams(chunk)]
        found = np.array([i for i in ids if i is not None], np.int32), words
        if len(chunk) <= LONGEST:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[chunk] = found
        return found


@register("linear.tfidf")
@dataclass(frozen=True, eq=False)
class Tfidf:
    """Turns texts, or pairs of them, into sparse rows; learned once, then fixed.

    A feature's weight is ``(1 + log tf) * idf`` with scikit-learn's smoothed idf; the words of a
    row, its runs of characters, and its pairs of words that keep company are each scaled to
    their `IMPORTANCE` (Salton & Buckley, IP&M 1988).
    A pair is seen as five texts: the one, the other, the words they share, and the words that
    only the one, or only the other, has. ``idf`` has the shape ``[features]``; the features of
    part k (words, characters, company, words of the second view ...) begin at ``starts[k]``. It
    knows words as runs of letters: it does not segment Chinese, and it does not stem.
    """

    spaces: tuple[Space, ...]
    idf: Weights
    starts: NDArray[np.int64]
    _part: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ends = np.append(self.starts[1:], len(self.idf))
        part = np.repeat(np.arange(len(self.starts), dtype=np.int32), ends - self.starts)
        object.__setattr__(self, "_part", part)

    @classmethod
    def learn(cls, texts: Sequence[Text]) -> Tfidf:
        """The features of ``texts``, all pairs or all single, and how rare each one is."""
        views = [views_of(text) for text in texts]
        learned = [Space.learn(side) for side in zip(*views, strict=True)]
        counts = np.array([n for _, seen in learned for n in seen], np.float64)
        idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        sizes = [size for space, _ in learned for size in space.sizes]
        starts = np.cumsum([0, *sizes[:-1]], dtype=np.int64)
        return cls(tuple(space for space, _ in learned), idf.astype(np.float32), starts)

    @property
    def names(self) -> list[str]:
        """What each feature counts, shape ``[features]``."""
        if len(self.spaces) == 1:
            return self.spaces[0].names
        return [
            f"{view}: {name}"
            for view, space in zip(VIEWS, self.spaces, strict=True)
            for name in space.names
        ]

    def rows(self, texts: Sequence[Text]) -> csr_array:
        """The features of ``texts``, a float32 matrix of the shape ``[texts, features]``."""
        blocks = [self._block(block) for block in batched(texts)]
        return vstack(blocks, format="csr") if len(blocks) != 1 else blocks[0]

    def times(self, texts: Sequence[Text], matrix: Weights) -> Weights:
        """``rows(texts) @ matrix``, never holding more than a block of rows."""
        blocks = [self._block(block) @ matrix for block in batched(texts)]
        return np.concatenate(blocks) if len(blocks) != 1 else blocks[0]

    def _block(self, texts: Sequence[Text]) -> csr_array:
        width, parts = len(self.idf), len(self.starts)
        found = [self._ids(text) for text in texts]
        owner = np.repeat(np.arange(len(found)) * width, [len(ids) for ids in found])
        cells = np.concatenate((NOTHING, *found)) + owner
        cells.sort()
        fresh = np.ones(len(cells) + 1, bool)  # where a cell differs from the one before it
        np.not_equal(cells[1:], cells[:-1], out=fresh[1:-1])
        bounds = np.flatnonzero(fresh)
        first, times = bounds[:-1], bounds[1:] - bounds[:-1]
        row, column = np.divmod(cells[first], max(width, 1))
        weights = (1 + np.log(times)) * self.idf[column]
        part = row * parts + self._part[column]
        squares = np.bincount(part, weights * weights, len(found) * parts)
        lengths = (np.sqrt(squares).reshape(-1, len(IMPORTANCE)) / IMPORTANCE).ravel()
        ends = np.searchsorted(row, np.arange(len(found) + 1)).astype(np.int32)
        values = (weights / lengths[part]).astype(np.float32)
        return csr_array((values, column.astype(np.int32), ends), shape=(len(found), width))

    def _ids(self, text: Text) -> NDArray[np.integer]:
        if isinstance(text, str) and len(self.spaces) == 1:
            return self.spaces[0].ids(text)
        views = views_of(text)
        if len(views) != len(self.spaces):
            raise other_kind(len(self.spaces) > 1)
        ids = zip(self.spaces, self.starts[:: len(IMPORTANCE)], views, strict=True)
        return np.concatenate([space.ids(view) + start for space, start, view in ids])


def batched(texts: Sequence[Text]) -> list[Sequence[Text]]:
    """``texts`` in blocks of `BLOCK`; no texts are one empty block."""
    return [texts[i : i + BLOCK] for i in range(0, len(texts) or 1, BLOCK)]
