"""What a text is made of: its words, its characters, and which words keep company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ...core.data import Text

LIMIT = 200_000
"""Characters of a text that are read; what follows is not."""

OPENING = 4
"""How many words at the beginning of a text are also counted as its opening."""

GRAMS = (3, 4, 5)
"""Lengths of the runs of characters that are counted inside words, spaces around included."""

COMPANY = 8
"""How far apart two words may be to keep company."""

tokens = re.compile(r"\w+").findall
"""The words in a text: letters, digits and underscores between anything else."""

signs = re.compile(r"\w+|[^\w\s]").findall
"""The words in a text, and its punctuation marks one by one."""


def words_of(text: str) -> list[str]:
    """Words, pairs of neighbouring words, and the opening words once more, marked by ^."""
    words = tokens(text[:LIMIT].lower())
    return words + phrases(words)


def company_of(text: str) -> list[str]:
    """Pairs of different words that stand near each other, in either order: ``card&lost``."""
    return company(tokens(text[:LIMIT].lower()))


def phrases(words: Sequence[str]) -> list[str]:
    """What a row of words holds beyond the words themselves: pairs and the opening."""
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    return pairs + [f"^{word}" for word in words[:OPENING]]


def company(words: Sequence[str]) -> list[str]:
    """Each word with the `COMPANY` that follow it, the lesser of the two first."""
    return [
        f"{a}&{b}" if a < b else f"{b}&{a}"
        for i, a in enumerate(words)
        for b in words[i + 1 : i + 1 + COMPANY]
        if a != b
    ]


def grams_of(text: str) -> list[str]:
    """Runs of characters inside each chunk between spaces: scikit-learn's ``char_wb``."""
    return [gram for chunk in text[:LIMIT].lower().split() for gram in grams(chunk)]


def grams(chunk: str) -> list[str]:
    """Runs of characters in one chunk and the spaces around it, the shorter runs first."""
    padded = f" {chunk} "
    ends = len(padded) + 1
    return [padded[i : i + n] for n in GRAMS for i in range(ends - n)]


VIEWS = ("first", "second", "shared", "only first", "only second")


def views_of(text: Text) -> tuple[str, ...]:
    """The texts that ``text`` is seen as: itself, or the five views of a pair."""
    if isinstance(text, str):
        return (text,)
    words = [dict.fromkeys(tokens(side[:LIMIT].lower())) for side in text]
    shared, left, right = (
        " ".join(chosen)
        for chosen in (
            [w for w in words[1] if w in words[0]],
            [w for w in words[0] if w not in words[1]],
            [w for w in words[1] if w not in words[0]],
        )
    )
    return (*text, shared, left, right)
