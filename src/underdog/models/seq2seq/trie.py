"""The labels as a tree of tokens: what has to be read, and chosen, to write any one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..features.windows import Ints, WindowReader

Spelling = tuple[int, ...]
"""A label as the numbers of its tokens, the end marker last."""


@dataclass(frozen=True, eq=False)
class Trie:
    """The forks at which a label that is being written turns into this one or that.

    Where only one token may follow, it follows, and nothing is computed. ``tokens`` is what a
    network reads to reach every fork: the ways to the outermost ones, one behind the other, each
    after the start marker, shape ``[places]``; ``sees[i, j]`` says that place i may look at j.
    Each choice, shape ``[choices]``, is the ``token`` taken at a ``fork``, which is a place
    ``where[fork]``; ``takes[label, choice]`` is 1 for the choices on the way of a label.
    """

    tokens: Ints
    sees: NDArray[np.bool_]
    where: Ints
    fork: Ints
    token: Ints
    takes: NDArray[np.float32]

    @classmethod
    def of(cls, spellings: Sequence[Spelling], start: int) -> Trie:
        """The tree of two or more different ``spellings``, none of which begins another."""
        following: dict[Spelling, dict[int, None]] = {}
        for spelling in spellings:
            for i, token in enumerate(spelling):
                following.setdefault(spelling[:i], {})[token] = None
        forks = {way: list(after) for way, after in following.items() if len(after) > 1}
        passed = {way[:i] for way in forks for i in range(len(way))}
        tokens: list[int] = []
        path: list[int] = []
        place: dict[Spelling, int] = {}
        for way in forks:
            if way not in passed:
                for i in range(len(way) + 1):
                    place.setdefault(way[:i], len(tokens) + i)
                tokens += [start, *way]
                path += [len(path)] * (len(way) + 1)
        choice = {(way, token): None for way, after in forks.items() for token in after}
        number = {taken: i for i, taken in enumerate(choice)}
        order = {way: i for i, way in enumerate(forks)}
        takes = np.zeros((len(spellings), len(choice)), np.float32)
        for label, spelling in enumerate(spellings):
            for i, token in enumerate(spelling):
                if spelling[:i] in forks:
                    takes[label, number[spelling[:i], token]] = 1.0
        same = np.equal.outer(path, path)
        return cls(
            np.array(tokens),
            same & np.tri(len(tokens), dtype=bool),
            np.array([place[way] for way in forks]),
            np.array([order[way] for way, _ in choice]),
            np.array([token for _, token in choice]),
            takes,
        )


def spelled(labels: Sequence[str], reader: WindowReader, end: int) -> tuple[Spelling, ...]:
    """Each of ``labels`` as the network shall write it, its underscores as spaces.

    Labels of which the vocabulary makes the same tokens get one token more, an arbitrary one,
    that tells them apart: what it stands for is then learned from the examples alone.
    """
    found: dict[Spelling, None] = {}
    for label in labels:
        plain = tuple([i for i in reader.tokens(label.replace("_", " ")) if i != end])
        found[next(way for way in _ways(plain, reader, end) if way not in found)] = None
    return tuple(found)


def _ways(plain: Spelling, reader: WindowReader, end: int) -> Iterator[Spelling]:
    """The spelling of ``plain``, then those with one token more."""
    yield (*plain, end)
    for extra in range(reader.size):
        if extra not in (end, reader.pad):
            yield (*plain, extra, end)
