"""A text without what changes no meaning: two texts of one wording are near repeats.

What is left out is a short, closed list: spacing, typographic quotes and dashes, the capital of a
common word at the beginning, full stops at the end, contractions such as "don't", and words of
courtesy at both ends.
Everything else stays, in its order: every other word, number, sign, name and capital.
"""

from __future__ import annotations

import re
import unicodedata

TOKENS = re.compile(r"\d+(?:[.,:/]\d+)*|\w+(?:'\w+)*|\.{2,}|[^\w\s]")

TYPOGRAPHY = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
     "\u00a0": " ", "\u200b": "", "\ufeff": ""}
)  # fmt: skip

ENDINGS = {"'re": "are", "'m": "am", "'ve": "have", "'ll": "will"}
IRREGULAR = {"can't": "can", "won't": "will", "shan't": "shall"}

COURTESY = tuple(
    tuple(phrase.split())
    for phrase in (
        "thank you very much", "thanks in advance", "thanks a lot", "many thanks", "hello there",
        "hi there", "thank you", "hi", "hello", "hey", "please", "kindly", "thanks", "cheers",
    )
)  # fmt: skip
"""Longer phrases come before those that they begin with."""

OPENERS = frozenset(
    {"a", "an", "the", "this", "that", "these", "those", "it", "he", "she", "we", "you",
     "they", "my", "your", "our", "is", "are", "was", "were", "do", "does", "did", "has",
     "have", "had", "can", "could", "would", "should", "what", "when", "where", "which", "why",
     "how", "if", "in", "on", "at", "there", "not", "no", "yes", "and", "but", "or", "so",
     "for", "to", "from", "with"}
)  # fmt: skip
"""Words that are no names: at a beginning, a capital says nothing about them."""

STOPS = frozenset(".!,")


def wording(text: str) -> str:
    """What is left of ``text``; empty where nothing is.

    >>> wording("Please, don’t charge me  twice!") == wording("do not charge me twice")
    True
    >>> wording("charge me 15") == wording("charge me 50")
    False
    """
    plain = unicodedata.normalize("NFC", text).translate(TYPOGRAPHY)
    tokens = [part for token in TOKENS.findall(plain) for part in _expanded(token)]
    return " ".join(_first_lowered(_trimmed(tokens)))


def _expanded(token: str) -> list[str]:
    low = token.lower()
    if low == "cannot":
        return [token[:3], "not"]
    if low.endswith("n't") and token != token.upper():
        return [IRREGULAR.get(low, token[:-3]), "not"]
    for ending, word in ENDINGS.items():
        if low.endswith(ending):
            return [token[: -len(ending)], word]
    return [token]


def _trimmed(tokens: list[str]) -> list[str]:
    """``tokens`` without words of courtesy and full stops at both ends."""
    low = [token.lower() for token in tokens]
    begin, end = 0, len(tokens)
    changed = True
    while changed and begin < end:
        changed = False
        for phrase in COURTESY:
            n = len(phrase)
            if tuple(low[begin : begin + n]) == phrase and _bounded(low, begin + n, end):
                begin, changed = begin + n, True
            elif tuple(low[max(begin, end - n) : end]) == phrase:
                end, changed = end - n, True
        while begin < end and low[begin] in STOPS:
            begin, changed = begin + 1, True
        while begin < end and low[end - 1] in STOPS:
            end, changed = end - 1, True
    return tokens[begin:end]


def _bounded(low: list[str], at: int, end: int) -> bool:
    """Whether what was said so far is courtesy: "thanks for nothing" is none."""
    return at >= end or low[at] not in ("for", "to", "?")


def _first_lowered(tokens: list[str]) -> list[str]:
    """The capital of a beginning is no part of a word, unless the word may be a name."""
    if tokens and (low := tokens[0].lower()) in OPENERS and tokens[0] in (low.title(), low):
        return [low, *tokens[1:]]
    return tokens
