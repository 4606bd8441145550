"""The labels as a prefix tree of tokens, and what must be decoded to score them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..features.windows import Ints, WindowReader

Spelling = tuple[int, ...]
"""A label as token ids, the end token last."""


@dataclass(frozen=True, eq=False)
class Trie:
    """The forks of a prefix tree: the prefixes after which different labels differ.

    A prefix with only one possible next token needs no computation. ``tokens``, ``[places]``, is
    what a decoder reads to reach every fork: the deepest prefixes one after the other, each after
    the start token. ``sees[i, j]``, ``[places, places]``, is the attention mask: place i may attend
    to place j. A choice is a ``token``, ``[choices]``, at a ``fork``, ``[choices]``, whose place is
    ``where[fork]``. ``takes[label, choice]``, ``[labels, choices]``, is 1 for the choices that
    spell a label.
    """

    tokens: Ints
    sees: NDArray[np.bool_]
    where: Ints
    fork: Ints
    token: Ints
    takes: NDArray[np.float32]

    @classmethod
    def of(cls, spellings: Sequence[Spelling], start: int) -> Trie:
        """The tree of at least two different ``spellings``, none of which is a prefix of
        another.
        """
        next_tokens: dict[Spelling, dict[int, None]] = {}
        for spelling in spellings:
            for i, token in enumerate(spelling):
                next_tokens.setdefault(spelling[:i], {})[token] = None
        forks = {
            prefix: list(options) for prefix, options in next_tokens.items() if len(options) > 1
        }
        inner = {prefix[:i] for prefix in forks for i in range(len(prefix))}
        tokens: list[int] = []
        path: list[int] = []
        place: dict[Spelling, int] = {}
        for prefix in forks:
            if prefix not in inner:
                for i in range(len(prefix) + 1):
                    place.setdefault(prefix[:i], len(tokens) + i)
                tokens += [start, *prefix]
                path += [len(path)] * (len(prefix) + 1)
        choice = {(prefix, token): None for prefix, options in forks.items() for token in options}
        number = {taken: i for i, taken in enumerate(choice)}
        fork_index = {prefix: i for i, prefix in enumerate(forks)}
        takes = np.zeros((len(spellings), len(choice)), np.float32)
        for label, spelling in enumerate(spellings):
            for i, token in enumerate(spelling):
                if spelling[:i] in forks:
                    takes[label, number[spelling[:i], token]] = 1.0
        same = np.equal.outer(path, path)
        return cls(
            np.array(tokens),
            same & np.tri(len(tokens), dtype=bool),
            np.array([place[prefix] for prefix in forks]),
            np.array([fork_index[prefix] for prefix, _ in choice]),
            np.array([token for _, token in choice]),
            takes,
        )


def spell_labels(labels: Sequence[str], reader: WindowReader, end: int) -> tuple[Spelling, ...]:
    """The token ids of each of ``labels``, with spaces for underscores and the ``end`` token last.

    Labels that the vocabulary turns into the same tokens get one extra, arbitrary token each; its
    meaning is learned from the examples.
    """
    spellings: dict[Spelling, None] = {}
    for label in labels:
        plain = tuple([i for i in reader.tokens(label.replace("_", " ")) if i != end])
        spellings[
            next(
                spelling for spelling in _spellings(plain, reader, end) if spelling not in spellings
            )
        ] = None
    return tuple(spellings)


def _spellings(plain: Spelling, reader: WindowReader, end: int) -> Iterator[Spelling]:
    """The spelling of ``plain``, then those with one extra token."""
    yield (*plain, end)
    for extra in range(reader.size):
        if extra not in (end, reader.pad):
            yield (*plain, extra, end)
