"""Interpolated Kneser-Ney smoothing with three discounts per order, in sorted arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...runtime.registry import register
from ...runtime.schema import Array, Number

Ints = NDArray[np.int64]

USUAL = (0.5, 1.0, 1.5)
"""Discounts of an order whose counts are too few to estimate them, as in KenLM."""


@register(
    "ngram.order",
    holds={
        "keys": Array("grams", low=0),
        "counts": Array("grams", low=1),
        "discounts": Array(3, low=0),
    },
)
@dataclass(frozen=True, eq=False)
class Order:
    """The n-grams of one length, sorted.

    ``keys``, ``[grams]``, is context times vocabulary plus word, where the context is the place of
    an n-gram among those that are one word shorter. ``counts``, ``[grams]``, are occurrences for
    the longest n-grams, and different words before them for the others. ``discounts``, ``[3]``,
    are taken off counts of 1, of 2, and of more.
    """

    keys: Ints
    counts: Ints
    discounts: Floats

    def places(self, contexts: Ints, words: Ints, vocabulary: int) -> Ints:
        """Where each n-gram stands, of the shape of ``words``, ``[...]``; -1 where it was never
        seen."""
        wanted = np.where(contexts < 0, -1, contexts * vocabulary + words)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        found: Ints = np.where((self.keys[at] == wanted) & (wanted >= 0), at, -1)
        return found

    def span(self, context: int, vocabulary: int) -> slice:
        """The n-grams that begin with ``context``."""
        low, high = np.searchsorted(self.keys, [context * vocabulary, (context + 1) * vocabulary])
        return slice(int(low), int(high))

    @cached_property
    def taken(self) -> Floats:
        """What is taken off each count, ``[grams]``."""
        found: Floats = self.discounts[np.minimum(self.counts, 3) - 1]
        return found


def counted(documents: Sequence[Sequence[int]], order: int, vocabulary: int) -> Iterator[Order]:
    """The n-grams of ``documents`` from one word to ``order`` words.

    Token ``vocabulary`` - 1 is taken to begin every document: it is a context, never a word. An
    n-gram that begins with it has no word before it, so its occurrences are counted.
    """
    start = vocabulary - 1
    flat = np.concatenate([[start, *document] for document in documents]).astype(np.int64)
    lengths = np.array([len(document) + 1 for document in documents])
    depth = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ending = [np.zeros(len(flat), np.int64)]  # the place of the n-gram that ends at each token
    tables: list[tuple[Ints, Ints]] = []
    for n in range(1, order + 1):
        context = np.concatenate([[0], ending[-1][:-1]]) if n > 1 else ending[0]
        valid = depth >= n - 1
        keys, place, counts = np.unique(
            context[valid] * vocabulary + flat[valid], return_inverse=True, return_counts=True
        )
        place_all = np.full(len(flat), -1, np.int64)
        place_all[valid] = place
        ending.append(place_all)
        tables.append((keys, counts.astype(np.int64)))
    for n in range(1, order + 1):
        keys, counts = tables[n - 1]
        if n < order:
            counts = _preceded(ending, tables, n, depth, counts)
        if n == 1:  # the beginning is never predicted, and no word's count
            counts = np.where(keys == start, 1, np.maximum(counts, 1))
        seen = counts[keys != start] if n == 1 else counts
        yield Order(keys, counts, discounts(seen))


def _preceded(
    ending: list[Ints], tables: list[tuple[Ints, Ints]], n: int, depth: Ints, counts: Ints
) -> Ints:
    """For each n-gram the number of different words before it; its occurrences at a beginning."""
    longer, shorter = ending[n + 1], ending[n]
    inside = longer >= 0
    first = np.unique(longer[inside], return_index=True)[1]
    before = np.bincount(shorter[inside][first], minlength=len(counts))
    at_start = np.zeros(len(counts), bool)
    at_start[shorter[depth == n - 1]] = True
    found: Ints = np.where(at_start, counts, before)
    return found


def discounts(counts: Ints) -> Floats:
    """Discounts of counts of 1, of 2 and of more, ``[3]`` (Chen and Goodman, 1999)."""
    n1, n2, n3, n4 = (int((counts == k).sum()) for k in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return np.array(USUAL)
    y = n1 / (n1 + 2 * n2)
    found = np.array([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return found if ((found >= 0) & (found <= [1, 2, 3])).all() else np.array(USUAL)


HOLDS = {"vocabulary": Number(2, 1 << 24)}


def _unsound(table: Any) -> str:
    """What is wrong with the orders together: each must continue n-grams of the one before."""
    contexts = 1
    for order in table.orders:
        if len(order.keys) and int(order.keys[-1]) >= contexts * table.vocabulary:
            return "orders point beyond the n-grams that they continue"
        if (np.diff(order.keys) <= 0).any():
            return "orders must be sorted"
        contexts = len(order.keys)
    return "" if table.orders else "orders must not be empty"


@register("ngram.table", holds=HOLDS, check=_unsound)
@dataclass(frozen=True, eq=False)
class Table:
    """Kneser-Ney probabilities over ``vocabulary`` tokens, of which the last begins a text."""

    orders: tuple[Order, ...]
    vocabulary: int

    @classmethod
    def of(cls, documents: Sequence[Sequence[int]], order: int, vocabulary: int) -> Table:
        """The table of ``documents``, lists of tokens below ``vocabulary`` - 1."""
        return cls(tuple(counted(documents, order, vocabulary)), vocabulary)

    def probabilities(self, ids: Sequence[int]) -> Floats:
        """The probability of each token of ``ids`` after those before it, ``[tokens]``.

        Order by order for all tokens at once: nothing is computed for tokens that did not come.
        """
        words = np.asarray(ids, np.int64)
        found = np.full(len(words), 1.0 / (self.vocabulary - 1))
        context = np.zeros(len(words), np.int64)
        for n, (order, (counts, taken)) in enumerate(zip(self.orders, self._totals, strict=True)):
            if not len(order.keys):  # no text was that long
                break
            at = order.places(context, words, self.vocabulary)
            usable = (context >= 0) & (counts[context] > 0)
            gain = np.where(at >= 0, order.counts[at] - order.taken[at], 0.0)
            mixed = gain + taken[context] * found
            found = np.where(usable, mixed / np.where(usable, counts[context], 1.0), found)
            context = np.concatenate([[-1 if n else self._start], at[:-1]])
        return found

    def next(self, context: Sequence[int]) -> Floats:
        """The probability of each token after ``context``: ``[vocabulary]``, without the last."""
        size = self.vocabulary - 1
        found = np.full(size, 1.0 / size)
        history = (
            [size, *context[-len(self.orders) :]] if len(context) < len(self.orders) else context
        )
        for n, (order, (counts, taken)) in enumerate(zip(self.orders, self._totals, strict=True)):
            if n > len(history) or (place := self._place(history[len(history) - n :])) < 0:
                break
            if counts[place] > 0:
                span = order.span(place, self.vocabulary)
                seen = order.keys[span] % self.vocabulary
                gain = (order.counts[span] - order.taken[span]) / counts[place]
                found = found * (taken[place] / counts[place])
                found[seen[seen < size]] += gain[seen < size]
        return found

    @cached_property
    def _start(self) -> int:
        """The place of the token that begins a text."""
        start = np.array([self.vocabulary - 1])
        return int(self.orders[0].places(np.zeros(1, np.int64), start, self.vocabulary)[0])

    @cached_property
    def _totals(self) -> list[tuple[Floats, Floats]]:
        """For each order, of each context: its count, and what is taken off in all."""
        found = []
        contexts = 1
        for order in self.orders:
            owner = order.keys // self.vocabulary
            words = order.keys % self.vocabulary < self.vocabulary - 1  # the beginning is no word
            counts = np.bincount(owner[words], order.counts[words], contexts)
            taken = np.bincount(owner[words], order.taken[words], contexts)
            found.append((counts.astype(np.float64), taken.astype(np.float64)))
            contexts = len(order.keys)
        return found

    def _place(self, context: Sequence[int]) -> int:
        place = np.zeros(1, np.int64)
        for order, word in zip(self.orders, context, strict=False):
            place = order.places(place, np.array([word]), self.vocabulary)
        return int(place[0])
