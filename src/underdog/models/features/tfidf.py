"""TF-IDF rows of words, character n-grams and skip-grams: the input of linear models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from ...core.data import Text
from ...runtime.registry import register
from ...runtime.schema import Array
from .text_pairs import wrong_kind
from .tokens import (
    MAX_CHARS,
    SKIPGRAM_WINDOW,
    VIEWS,
    bigrams_and_opening,
    char_ngrams,
    char_ngrams_of,
    skipgrams_of,
    split_words,
    views_of,
    word_features_of,
)

MOST_WEIGHTS = 1 << 26
"""The most numbers in a matrix ``[features, labels]``: half a gigabyte while it is trained."""

MOST_FEATURES, MOST_TEXTS = 1 << 21, 200_000
"""The most features, and the most texts that they are learned from: a random part of more."""

MIN_TEXTS = 2
"""A skip-gram must occur in this many texts to become a feature."""

GROUP_NORMS = np.array([1.0, 1.0, 0.7])
"""Lengths that the three groups of a row are scaled to: words, character n-grams, skip-grams."""

CACHED_CHUNKS, CACHED_LENGTH = 1 << 16, 48
"""Chunks whose feature ids are cached, and the longest chunk, in characters, that is cached."""

BLOCK = 256
"""Texts converted at a time, so that the work fits in the processor's cache."""

Ids = NDArray[np.int32]
Weights = NDArray[np.float32]
NO_IDS: Ids = np.zeros(0, np.int32)


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
        packed = ["\n".join(terms).encode("utf-8", "surrogatepass") for terms in group_counts]
        return cls(*packed), [n for counts in group_counts for n in counts.values()]

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
        parts.append(np.array(joint, np.int32).tobytes())
        return np.frombuffer(b"".join(parts), np.int32)

    def _read_chunk(self, chunk: str) -> tuple[bytes, list[str]]:
        words = split_words(chunk)
        ids = [self._words.get(word) for word in words]
        ids += [self._chars.get(gram) for gram in char_ngrams(chunk)]
        entry = np.array([i for i in ids if i is not None], np.int32).tobytes(), words
        if len(chunk) <= CACHED_LENGTH:
            if len(self._chunk_cache) >= CACHED_CHUNKS:
                self._chunk_cache.clear()
            self._chunk_cache[chunk] = entry
        return entry


def _disagreement(m: Any) -> str:
    """What is wrong with a `Tfidf` that has the fields of ``m``."""
    sizes = [size for space in m.spaces for size in space.sizes]
    starts = np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0)
    whole = len(m.spaces) in (1, len(VIEWS)) and len(m.idf) == sum(sizes)
    return "" if whole and np.array_equal(m.starts, starts) else "spaces and weights do not agree"


@register(
    "linear.tfidf",
    holds={"idf": Array("features", low=1), "starts": Array("parts", low=0)},
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class Tfidf:
    """Turns texts or text pairs into sparse TF-IDF rows; learned once, then fixed.

    The weight of a feature is ``(1 + log tf) * idf`` with the smoothed idf of scikit-learn. The
    words, the character n-grams and the skip-grams of a row are each scaled to their `GROUP_NORMS`
    (Salton & Buckley, IP&M 1988). A pair is split into five views: each side, the words they share,
    and the words that only one side has. ``idf`` has the shape ``[features]``; ``starts[k]`` is the
    first feature of group k (words, n-grams, skip-grams, words of the second view, ...). Words are
    runs of letters: there is no segmentation of Chinese, and no stemming.
    """

    spaces: tuple[Vocabulary, ...]
    idf: Weights
    starts: NDArray[np.int64]
    _group_of: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ends = np.append(self.starts[1:], len(self.idf))
        group_of = np.repeat(np.arange(len(self.starts), dtype=np.int32), ends - self.starts)
        object.__setattr__(self, "_group_of", group_of)

    @classmethod
    def learn(cls, texts: Sequence[Text], labels: int = 1) -> Tfidf:
        """The features of ``texts`` and their idf.

        The rarest are left out beyond `MOST_FEATURES`, or where a matrix ``[features, labels]``
        would hold more than `MOST_WEIGHTS` numbers. Of more than `MOST_TEXTS` texts a random part
        is read. Raises `UnderdogError` if single texts and pairs are mixed.
        """
        if len(texts) > MOST_TEXTS:
            drawn = np.random.default_rng(0).choice(len(texts), MOST_TEXTS, replace=False)
            texts = [texts[i] for i in np.sort(drawn).tolist()]
        views = [views_of(text) for text in texts]
        sides = list(zip(*views, strict=True))
        most = min(MOST_FEATURES, MOST_WEIGHTS // max(labels, 1)) // max(len(sides), 1)
        learned = [Vocabulary.learn(side, most) for side in sides]
        counts = np.array([n for _, seen in learned for n in seen], np.float64)
        idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        sizes = [size for space, _ in learned for size in space.sizes]
        starts = np.cumsum([0, *sizes[:-1]], dtype=np.int64)
        return cls(tuple(space for space, _ in learned), idf.astype(np.float32), starts)

    @property
    def names(self) -> list[str]:
        """The name of each feature, shape ``[features]``."""
        if len(self.spaces) == 1:
            return self.spaces[0].names
        return [
            f"{view}: {name}"
            for view, space in zip(VIEWS, self.spaces, strict=True)
            for name in space.names
        ]

    def rows(self, texts: Sequence[Text]) -> csr_array:
        """The features of ``texts``, a sparse float32 matrix of shape ``[texts, features]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        blocks = [self._block(block) for block in blocks_of(texts)]
        return vstack(blocks, format="csr") if len(blocks) != 1 else blocks[0]

    def multiply(self, texts: Sequence[Text], matrix: Weights) -> Weights:
        """``rows(texts) @ matrix``, shape ``[texts, columns]``, one block of rows at a time.

        ``matrix`` has the shape ``[features, columns]``. Raises the `UnderdogError` of `rows`.
        """
        if len(texts) == 1:
            return self._product(texts[0], matrix)[None, :]
        blocks = [self._block(block) @ matrix for block in blocks_of(texts)]
        return np.concatenate(blocks) if len(blocks) != 1 else blocks[0]

    def _product(self, text: Text, matrix: Weights) -> Weights:
        """The row of one text times ``matrix``, shape ``[columns]``.

        The same sums in the same order as `_block` makes, without a sparse matrix around them:
        what one text takes is the number of calls into numpy.
        """
        ids = np.sort(self._ids(text))
        differs = np.ones(len(ids) + 1, bool)
        np.not_equal(ids[1:], ids[:-1], out=differs[1:-1])
        bounds = differs.nonzero()[0]
        if len(ids) == 0:
            return np.zeros(matrix.shape[1], np.float32)
        first = bounds[:-1]
        column = ids.take(first)
        weights = (1 + np.log(bounds[1:] - first)) * self.idf.take(column)
        group = self._group_of.take(column)
        squares = np.bincount(group, weights * weights, len(self.starts))
        lengths = (np.sqrt(squares).reshape(-1, len(GROUP_NORMS)) / GROUP_NORMS).ravel()
        values = (weights / lengths.take(group)).astype(np.float32)
        terms = matrix.take(column, axis=0)
        terms *= values[:, None]
        product: Weights = np.add.reduce(terms, axis=0)
        return product

    def _block(self, texts: Sequence[Text]) -> csr_array:
        width, groups = len(self.idf), len(self.starts)
        text_ids = [self._ids(text) for text in texts]
        owner = np.repeat(np.arange(len(text_ids)) * width, [len(ids) for ids in text_ids])
        cells = np.concatenate((NO_IDS, *text_ids)) + owner
        cells.sort()
        differs = np.ones(len(cells) + 1, bool)  # whether a cell differs from the one before it
        np.not_equal(cells[1:], cells[:-1], out=differs[1:-1])
        bounds = np.flatnonzero(differs)
        first, times = bounds[:-1], bounds[1:] - bounds[:-1]
        row, column = np.divmod(cells[first], max(width, 1))
        weights = (1 + np.log(times)) * self.idf[column]
        group = row * groups + self._group_of[column]
        squares = np.bincount(group, weights * weights, len(text_ids) * groups)
        lengths = (np.sqrt(squares).reshape(-1, len(GROUP_NORMS)) / GROUP_NORMS).ravel()
        ends = np.searchsorted(row, np.arange(len(text_ids) + 1)).astype(np.int32)
        values = (weights / lengths[group]).astype(np.float32)
        return csr_array((values, column.astype(np.int32), ends), shape=(len(text_ids), width))

    def _ids(self, text: Text) -> NDArray[np.integer]:
        if isinstance(text, str) and len(self.spaces) == 1:
            return self.spaces[0].ids(text)
        views = views_of(text)
        if len(views) != len(self.spaces):
            raise wrong_kind(len(self.spaces) > 1)
        ids = zip(self.spaces, self.starts[:: len(GROUP_NORMS)], views, strict=True)
        return np.concatenate([space.ids(view) + start for space, start, view in ids])


def _frequent(groups: Sequence[Counter[str]], most: int) -> list[Counter[str]]:
    """The ``most`` features of all ``groups`` that most texts contain, in the order given."""
    seen = np.concatenate(
        [np.fromiter(counts.values(), np.int64, len(counts)) for counts in groups]
    )
    kept = np.zeros(len(seen), bool)
    kept[np.argsort(-seen, kind="stable")[:most]] = True
    keep = iter(kept.tolist())
    return [Counter({t: n for t, n in counts.items() if next(keep)}) for counts in groups]


def blocks_of(texts: Sequence[Text]) -> list[Sequence[Text]]:
    """``texts`` in blocks of `BLOCK`; no texts give one empty block."""
    return [texts[i : i + BLOCK] for i in range(0, len(texts) or 1, BLOCK)]
