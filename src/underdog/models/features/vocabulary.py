"""The numbered features of texts: words, character n-grams and pairs of words near each other."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...runtime.registry import register
from .tokens import (
    MAX_CHARS,
    SKIPGRAM_WINDOW,
    bigrams_and_opening,
    char_ngrams,
    char_ngrams_of,
    skipgrams_of,
    split_words,
    word_features_of,
)

MIN_TEXTS = 2
"""A skip-gram must occur in this many texts to become a feature."""

CACHED_CHUNKS, CACHED_LENGTH = 1 << 16, 48
"""Chunks whose feature ids are cached, and the longest chunk, in characters, that is cached."""

Ids = NDArray[np.int32]


@register("linear.space")
@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The numbered features of one view of the texts: words first, then n-grams, then skip-grams.

    ``words``, ``chars`` and ``company`` (the skip-grams) hold one feature per line in UTF-8; lone
    surrogates pass. The ids inside a whitespace-separated chunk depend on that chunk alone, so they
    are cached, as the bytes of 32-bit numbers.
    """

    words: bytes
    chars: bytes
    company: bytes
    _words: dict[str, int] = field(init=False, repr=False)
    _chars: dict[str, int] = field(init=False, repr=False)
    _skipgrams: dict[str, dict[str, int]] = field(init=False, repr=False)
    _chunk_cache: dict[str, tuple[bytes, list[str]]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        words, chars, skipgrams = self._parts()
        offset = len(words) + len(chars)
        partners: dict[str, dict[str, int]] = {}
        for i, pair in enumerate(skipgrams):
            a, b = pair.split("&")  # no word has an & in it
            partners.setdefault(a, {})[b] = partners.setdefault(b, {})[a] = offset + i
        object.__setattr__(self, "_skipgrams", partners)
        object.__setattr__(self, "_words", {term: i for i, term in enumerate(words)})
        object.__setattr__(self, "_chars", {gram: len(words) + i for i, gram in enumerate(chars)})

    @classmethod
    def learn(cls, texts: Sequence[str], most: int) -> tuple[Vocabulary, list[int]]:
        """The vocabulary of ``texts``, and for each feature the number of texts that contain it.

        Of more than ``most`` features, those that most texts contain are kept.
        """
        group_counts = [Counter[str]() for _ in range(3)]
        for text in texts:
            for counts, terms in zip(
                group_counts, (word_features_of, char_ngrams_of, skipgrams_of), strict=True
            ):
                counts.update(dict.fromkeys(terms(text)).keys())  # in order of appearance
        group_counts[2] = Counter(
            {term: n for term, n in group_counts[2].items() if n >= MIN_TEXTS}
        )
        if sum(map(len, group_counts)) > most:
            group_counts = _frequent(group_counts, most)
        counted = [n for counts in group_counts for n in counts.values()]
        return cls(*map(_written, group_counts)), counted

    def take(self, kept: NDArray[np.bool_]) -> Vocabulary:
        """The same with the features alone that are ``kept``, ``[features]``."""
        keep = iter(kept.tolist())
        return Vocabulary(*[_written([t for t in part if next(keep)]) for part in self._parts()])

    @property
    def sizes(self) -> list[int]:
        """Number of features in each of the three groups."""
        return [len(part) for part in self._parts()]

    @property
    def names(self) -> list[str]:
        """The name of each feature; character n-grams are in quotation marks."""
        words, chars, skipgrams = self._parts()
        return [*words, *map(repr, chars), *skipgrams]

    def _parts(self) -> list[list[str]]:
        packed = (self.words, self.chars, self.company)
        return [p.decode("utf-8", "surrogatepass").split("\n") if p else [] for p in packed]

    def ids(self, text: str) -> Ids:
        """The feature ids of ``text``, ``[occurrences]``, in no particular order; not writable."""
        cache, get, partners_of = self._chunk_cache, self._words.get, self._skipgrams.get
        parts: list[bytes] = []
        words: list[str] = []
        for chunk in text[:MAX_CHARS].lower().split():
            chunk_ids, chunk_words = cache.get(chunk) or self._read_chunk(chunk)
            parts.append(chunk_ids)
            words += chunk_words
        joint = [i for i in map(get, bigrams_and_opening(words)) if i is not None]
        for at, word in enumerate(words, 1):
            if partners := partners_of(word):  # no skip-gram has the id 0: words come first
                joint += filter(None, map(partners.get, words[at : at + SKIPGRAM_WINDOW]))
        parts.append(_packed(joint))
        return np.frombuffer(b"".join(parts), np.int32)

    def _read_chunk(self, chunk: str) -> tuple[bytes, list[str]]:
        words = split_words(chunk)
        ids = [*map(self._words.get, words), *map(self._chars.get, char_ngrams(chunk))]
        entry = _packed([i for i in ids if i is not None]), words
        if len(chunk) <= CACHED_LENGTH:
            if len(self._chunk_cache) >= CACHED_CHUNKS:
                self._chunk_cache.clear()
            self._chunk_cache[chunk] = entry
        return entry


def _written(terms: Iterable[str]) -> bytes:
    """Features, one per line."""
    return "\n".join(terms).encode("utf-8", "surrogatepass")


def _packed(ids: list[int]) -> bytes:
    """``ids`` as the bytes of 32-bit numbers; quicker than numpy where they are few."""
    return array("i", ids).tobytes()


def _frequent(groups: Sequence[Counter[str]], most: int) -> list[Counter[str]]:
    """The ``most`` features of all ``groups`` that most texts contain, in the order given."""
    seen = np.concatenate(
        [np.fromiter(counts.values(), np.int64, len(counts)) for counts in groups]
    )
    kept = np.zeros(len(seen), bool)
    kept[np.argsort(-seen, kind="stable")[:most]] = True
    keep = iter(kept.tolist())
    return [Counter({t: n for t, n in counts.items() if next(keep)}) for counts in groups]
