"""How a text is written, in numbers: lengths, variety, marks and function words; not its topic."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import numpy as np

from ...core.cost import Floats
from ...core.texts import sentences
from ...models.features.surface import PUNCTUATION
from ...models.features.tokens import MAX_CHARS, split_words

_FUNCTION = (
    "the of and to in a is that it was for on as with be by at this i not but or are from have"
    " which you an they were her his she he we there been if more when will would who so no"
)
FUNCTION_WORDS = tuple(_FUNCTION.split())
"""Words of which the share of a text's words is counted; in other languages these are all 0."""

MARKS = "'-—–…“”*#•_[]{}|@&"
"""Further marks that are counted beside those of `PUNCTUATION`."""

_LINE = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.MULTILINE)


def style(text: str) -> list[float]:
    """The numbers of one text, ``[features]``; NaN where a text is too short to have one.

    Shares of words and of characters, so that the length of a text alone tells little; the length
    itself is not among them.
    """
    text = text[:MAX_CHARS]
    words = split_words(text)
    lower = [word.lower() for word in words]
    counts, cut = Counter(lower), sentences(text)
    lengths = np.array([len(split_words(sentence)) for sentence in cut], np.float64)
    n, characters = max(len(words), 1), max(len(text), 1)
    once = sum(1 for k in counts.values() if k == 1)
    pairs = Counter(pairwise(lower))
    return [
        _mean(np.array([len(word) for word in words], np.float64)),
        _spread(np.array([len(word) for word in words], np.float64)),
        _mean(lengths),
        _spread(lengths),
        float(lengths.max()) if lengths.size else np.nan,
        len(counts) / n if words else np.nan,
        once / n if words else np.nan,
        sum(k - 1 for k in pairs.values()) / max(len(words) - 1, 1) if words else np.nan,
        max(counts.values(), default=0) / n if words else np.nan,
        sum(word[0].isupper() for word in words) / n,
        sum(word.isupper() and len(word) > 1 for word in words) / n,
        sum(map(str.isdigit, text)) / characters,
        sum(map(str.isupper, text)) / characters,
        sum(ord(c) > 127 for c in text) / characters,
        sum(map(str.isspace, text)) / characters,
        text.count("\n") / characters,
        text.count("  ") / characters,
        len(_LINE.findall(text)) / max(len(cut), 1),
        float(text.rstrip()[-1:] in (".", "!", "?", '"', "”")),
        float(text[:1].isupper()),
        *[text.count(mark) / characters for mark in PUNCTUATION + MARKS],
        *[counts[word] / n for word in FUNCTION_WORDS],
    ]


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else np.nan


def _spread(values: Floats) -> float:
    return float(values.std()) if values.size > 1 else np.nan
