"""What is known of every document before it is scored: length, language, whether it is readable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.data import Dataset
from .pool import Pool, rows_of, sources_of
from .pool.pool import texts_of
from .selectors.controls import tokens
from .selectors.duplicates import key_of

LANGUAGES = {
    "English": "the of and to in is that for with was",
    "German": "der die und das ist nicht ein mit zu den",
    "French": "le la les et des est une dans pour que",
    "Spanish": "el la los que de en una por con para",
    "Italian": "il di che la per non una sono con del",
    "Portuguese": "o que de não uma para com os em do",
    "Dutch": "de het een van en niet dat is op voor",
}
"""The commonest words of languages that are told apart by them."""

SCRIPTS = {
    "Cyrillic": "Ѐ-ӿ",
    "Greek": "Ͱ-Ͽ",
    "Arabic": "؀-ۿ",
    "Hebrew": "֐-׿",
    "Devanagari": "ऀ-ॿ",
    "Korean": "가-힯",
    "Japanese": "぀-ヿ",
    "Chinese": "一-鿿",
}
_SCRIPT = {name: re.compile(f"[{letters}]") for name, letters in SCRIPTS.items()}
_COMMON = {name: frozenset(words.split()) for name, words in LANGUAGES.items()}
READ = 600
"""Letters from which the language is told."""

NAMES = ("unknown", *LANGUAGES, *SCRIPTS)


def language(text: str) -> str:
    """The language of ``text`` by its commonest words, or its script; 'unknown' if neither tells.

    >>> language("the dog and the cat"), language("42")
    ('English', 'unknown')
    """
    head = text[:READ]
    if not head.isascii():
        for name, letters in _SCRIPT.items():
            if len(letters.findall(head)) > 0.3 * len(head):
                return name
    words = Counter(head.lower().split())
    hits = {name: sum(words[word] for word in common) for name, common in _COMMON.items()}
    best = max(hits, key=lambda name: hits[name])
    return best if hits[best] >= 2 else "unknown"


@dataclass(frozen=True, eq=False)
class Survey:
    """Columns over all documents, ``[size]``: tokens, the place of the language in `NAMES`,
    the place of the source in ``names``, whether it is empty, whether a target text equals it, and
    a ``key`` of the text, the same for equal texts.
    """

    tokens: NDArray[np.int64]
    language: NDArray[np.int64]
    source: NDArray[np.int64]
    names: tuple[str, ...]
    empty: NDArray[np.bool_]
    leaked: NDArray[np.bool_]
    key: NDArray[np.uint64]


def survey(pool: Pool, held: Dataset | None = None) -> Survey:
    """One pass through ``pool``; ``held`` are further target texts, kept from the selectors."""
    aims = [data for data in (pool.target, held) if data is not None]
    aim = np.array([key_of(text) for data in aims for text in texts_of(data)], np.uint64)
    columns = {name: np.zeros(pool.size, np.int64) for name in ("tokens", "language", "source")}
    key, names = np.zeros(pool.size, np.uint64), dict[str, int]()
    for rows, found in pool.map(_seen, None):
        columns["tokens"][rows] = found["tokens"]
        columns["language"][rows] = found["language"]
        key[rows] = found["key"]
        places = [names.setdefault(one, len(names)) for one in found["names"]]
        columns["source"][rows] = np.array(places, np.int64)[found["source"]]
    empty, leaked = columns["tokens"] == 0, np.isin(key, aim)
    return Survey(**columns, names=tuple(names), empty=empty, leaked=leaked, key=key)


def again(key: NDArray[np.uint64]) -> int:
    """How many documents are equal to an earlier one; ``key`` is `Survey.key` of some of them."""
    return len(key) - len(np.unique(key))


def _seen(_: None, part: Dataset) -> tuple[Any, Mapping[str, Any]]:
    texts, sources = texts_of(part), sources_of(part)
    names = tuple(dict.fromkeys(sources))
    place = {name: i for i, name in enumerate(names)}
    return rows_of(part), {
        "tokens": np.array([tokens(text) for text in texts], np.int64),
        "language": np.array([NAMES.index(language(text)) for text in texts], np.int64),
        "source": np.array([place[one] for one in sources], np.int64),
        "key": np.array([key_of(text) for text in texts], np.uint64),
        "names": names,
    }
