"""TF-IDF rows of words, character n-grams and skip-grams: the input of linear models."""

from __future__ import annotations

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
from .tokens import VIEWS, views_of
from .vocabulary import Ids, Vocabulary

MOST_FEATURES, MOST_TEXTS = 1 << 21, 200_000
"""The most features, and the most texts that they are learned from: a random part of more."""

GROUP_NORMS = np.array([1.0, 1.0, 0.7])
"""Lengths that the three groups of a row are scaled to: words, character n-grams, skip-grams."""

BLOCK = 256
"""Texts converted at a time, so that the work fits in the processor's cache."""

NARROW = 4
"""Columns up to which running sums are quicker than a sum of rows; both add in the same order."""

DAMPED = np.concatenate([[0.0], 1 + np.log(np.arange(1, 1024))])
"""1 + the logarithm of how often a feature occurs in a text."""

Weights = NDArray[np.float32]
NO_IDS: Ids = np.zeros(0, np.int32)


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
    _norms: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        norms = np.tile(GROUP_NORMS, len(self.spaces))
        object.__setattr__(self, "_norms", norms)
        ends = np.append(self.starts[1:], len(self.idf))
        group_of = np.repeat(np.arange(len(self.starts), dtype=np.int32), ends - self.starts)
        object.__setattr__(self, "_group_of", group_of)

    @classmethod
    def learn(cls, texts: Sequence[Text]) -> Tfidf:
        """The features of ``texts`` and their idf.

        Beyond `MOST_FEATURES`, the rarest are left out. Of more than `MOST_TEXTS` texts a random
        part is read. Raises `UnderdogError` if single texts and pairs are mixed.
        """
        if len(texts) > MOST_TEXTS:
            drawn = np.random.default_rng(0).choice(len(texts), MOST_TEXTS, replace=False)
            texts = [texts[i] for i in np.sort(drawn).tolist()]
        views = [views_of(text) for text in texts]
        sides = list(zip(*views, strict=True))
        most = MOST_FEATURES // max(len(sides), 1)
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

    def take(self, columns: NDArray[np.intp]) -> Tfidf:
        """The same with the features at ``columns``, in rising order, alone."""
        kept = np.zeros(len(self.idf), bool)
        kept[columns] = True
        ends = np.cumsum([sum(space.sizes) for space in self.spaces])
        parts = np.split(kept, ends[:-1])
        spaces = tuple([s.take(part) for s, part in zip(self.spaces, parts, strict=True)])
        sizes = [size for space in spaces for size in space.sizes]
        starts = np.cumsum([0, *sizes[:-1]], dtype=np.int64)
        return Tfidf(spaces, self.idf[kept], starts)

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
        weights = _damped(bounds[1:] - first) * self.idf.take(column)
        group = self._group_of.take(column)
        squares = np.bincount(group, weights * weights, len(self.starts))
        lengths = np.sqrt(squares) / self._norms
        values = (weights / lengths.take(group)).astype(np.float32)
        terms = matrix.take(column, axis=0)
        terms *= values[:, None]
        if terms.shape[1] <= NARROW:
            return np.asarray(np.add.accumulate(terms, axis=0)[-1])
        return np.asarray(np.add.reduce(terms, axis=0))

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
        weights = _damped(times) * self.idf[column]
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


def blocks_of(texts: Sequence[Text]) -> list[Sequence[Text]]:
    """``texts`` in blocks of `BLOCK`; no texts give one empty block."""
    return [texts[i : i + BLOCK] for i in range(0, len(texts) or 1, BLOCK)]


def _damped(times: NDArray[np.int64]) -> NDArray[np.float64]:
    """1 + log of how often each feature occurs, from a table where that is rarely."""
    try:
        return DAMPED.take(times)
    except IndexError:
        return np.asarray(1 + np.log(times))
