"""Whether a word that could be a label counts as one: numbers, stars, short and common words."""

from __future__ import annotations

import re

WEAK = frozenset(
    re.findall(
        r"\w+",
        "a an the i me my we he us it is be do no not none other others on off in out ok so up to"
        " of or and any all that this some if as at by go new more most less",
    )
)
"""Labels that are also common words: a bare mention of one means nothing."""

NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMERAL_END = re.compile(r"\s+(?:stars?|out of)\b|\W*(?:\n|$)|[.,;:!)]")
STARS = re.compile(r"(?<![\d☆])(?<!\d )([★⭐🌟]+)[☆✩]*")


def counted(text: str) -> str:
    """``text`` with rows of stars as numbers.

    >>> counted("★★★☆☆ good")
    '3 good'
    """
    return STARS.sub(lambda row: str(len(row[1])), text)


def counts(
    text: str, start: int, end: int, form: tuple[str, ...], label: str, top: int
) -> bool | None:
    """None if the word at this place is no mention; else whether it counts only if stated.

    ``top`` is the largest label that is a number, 0 if there is none.
    """
    before, after = text[:start], text[end : end + 24]
    if form[0].isdigit() and len(form) == 1:
        return _number_counts(form[0], before, after, top)
    if text[end - 1].isdigit() and re.match(r"[.,]\d", after):
        return None  # J45 in J45.1
    if form[0] in NUMERALS and label.isdecimal():  # "three stars", but not "three reasons"
        if not NUMERAL_END.match(after):
            return None
        return re.match(r"\s+(?:stars?|out of)\b", after) is None
    word = text[start:end]
    if len(word) <= 2 and word.isascii() and word.isalpha():
        joined = re.search(r"\w['’]$", before) or re.match(r"['’]\w", after)
        article = word == "a" and re.match(r" [^\W\d]", after)
        return None if joined or article else True
    return len(form) == 1 and form[0] in WEAK


def _number_counts(number: str, before: str, after: str, top: int) -> bool | None:
    """As `_counts`, of a number: shares, the "5" of "out of 5" and numbers of items are none."""
    if re.match(r"\s*(?:%|percent\b)|\s?[-–—~]\s?\d+(?!\s?%|[\d.])|\s+to\s+\d", after):
        return None  # a share; the begin of a range
    if re.search(r"(?:^|\s)[-−]$", before[-2:]):
        return None  # another number, below zero
    scale = re.search(r"(?:out of|\d of|(?:(\d+)\s*)?/|[\d.]-)\s*$", before[-8:])
    if scale and not (scale[1] and int(scale[1]) > int(number)):  # "5 / 3" is no scale
        return None
    if re.search(r"(?:^|\n)[ \t]*[(#]?$", before) and re.match(r"[.)]\s+\S", after):
        return None
    scale = re.match(r"\s*/\s*(\d+)|\s*stars?\b|\s+(?:out )?of\s+(\d+)", after)
    if scale and (int(scale[1] or scale[2] or 0) > top > 0 or scale[1] == "1"):
        return None  # "3/10" is no 3 on a scale to 5; "0/1" names both
    return not scale or bool(scale[1] and int(scale[1]) < int(number))
