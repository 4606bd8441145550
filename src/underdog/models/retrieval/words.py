"""Texts as words to look up: lower case, without common words and plural endings."""

from __future__ import annotations

import re

WORD = re.compile(r"\w\w+")
"""A word has two characters or more, as in bm25s and scikit-learn."""


def words(text: str, common: frozenset[str] = frozenset()) -> list[str]:
    """The words of ``text`` that are not ``common``, each without its plural ending.

    >>> words("The wings of a Boeing 747, and their flutters", frozenset({"the", "and", "of"}))
    ['wing', 'boeing', '747', 'their', 'flutter']
    """
    return [singular(word) for word in WORD.findall(text.lower()) if word not in common]


def singular(word: str) -> str:
    """``word`` without the ending of an English plural (the S-stemmer of Harman, 1991).

    >>> singular("studies"), singular("wings"), singular("class"), singular("gas")
    ('study', 'wing', 'class', 'gas')
    """
    if not word.endswith("s") or len(word) < 4 or word.endswith(("us", "ss")):
        return word
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else f"{word[:-3]}y"
    return word[:-1]
