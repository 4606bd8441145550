"""Continuations as token ids, and the places where they part."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import UnderdogError

Spelling = tuple[int, ...]


def spelled_apart(spellings: Sequence[Spelling], end: int) -> list[Spelling]:
    """``spellings`` such that none begins another: each gets the ``end`` token where one does.

    Raises `UnderdogError` if two are equal or one is empty.
    """
    if not all(spellings) or len(set(spellings)) < len(spellings):
        raise UnderdogError(
            "two labels are the same tokens, or one has none", "give each label a word of its own"
        )
    begun = {way[:i] for way in spellings for i in range(len(way))}
    needed = any(way in begun for way in spellings)
    return [(*way, end) if needed else way for way in spellings]


def forks(spellings: Sequence[Spelling]) -> dict[Spelling, dict[int, list[int]]]:
    """For each prefix of a spelling: its next tokens, and which spellings each of them begins.

    Prefixes come depth first, so that one that a model has just read is a part of the next.

    >>> forks([(1, 2), (1, 3)])
    {(): {1: [0, 1]}, (1,): {2: [0], 3: [1]}}
    """
    found: dict[Spelling, dict[int, list[int]]] = {}
    for k, way in enumerate(spellings):
        for i, token in enumerate(way):
            found.setdefault(way[:i], {}).setdefault(token, []).append(k)
    return dict(sorted(found.items()))
