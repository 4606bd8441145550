"""The ways to spell a label in words, and the labels that deny another one."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping
from functools import cache

from ..spelling import CAMEL, folded, plain
from .counting import NUMERALS

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff"
)
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese; and Korean, whose particles join the word."""


DENIAL = ("no", "not", "non", "un", "anti", "kein", "keine", "pas", "sin")
PREFIXES = ("un", "in", "non", "ir", "im", "dis")
COMPLEMENTS = (
    *(("true", "false"), ("right", "wrong"), ("spam", "ham"), ("subjective", "objective")),
    *(("real", "fake"), ("pass", "fail"), ("是", "否")),
)
"""Words of which each is what the other is not, where a task has these two labels alone."""


@cache
def word_pattern() -> re.Pattern[str]:
    """A word of a script that puts spaces between words, its marks included; or a number."""
    marks = "".join(
        chr(c)
        for c in range(0x300, min(sys.maxunicode, 0x1ABF))
        if unicodedata.category(chr(c)) in ("Mn", "Mc")
    )
    unit = rf"(?:(?![{UNSPACED}])[^\W_]|[{marks}])"
    return re.compile(rf"\d+(?:[.,:]\d+)+%?|\d+(?:st|nd|rd|th)\b|{unit}+")


def sequences(name: str) -> list[tuple[str, ...]]:
    """A label as words, split at separators; also split at capitals, and run together."""
    name = plain(name)
    spelled = (name, CAMEL.sub(" ", name), name.replace("&", " and "))
    words = [tuple(folded(w) for w in word_pattern().findall(form)) for form in spelled]
    found = [w for w in words if w]
    together = "".join(found[0]) if found else ""
    if found and len(found[0]) > 1 and not together.isdigit():
        found.append((together,))
    return list(dict.fromkeys(found))


def forms_of(
    names: Mapping[str, str], opposites: Mapping[str, str]
) -> dict[tuple[str, ...], set[str]]:
    """Each way to spell a label in words, with the labels that it may stand for."""
    found: dict[tuple[str, ...], set[str]] = {}
    for name, label in names.items():
        for form in sequences(name):
            found.setdefault(form, set()).add(label)
    for denied, stem in opposites.items():
        for form in sequences(stem):
            for word in ("not", "no", "non"):
                found.setdefault((word, *form), set()).add(denied)
    for form, labels in [*found.items()]:
        found.setdefault((*form[:-1], plural(form[-1])), labels)
    for n, word in enumerate(NUMERALS):
        if named := found.get((str(n),)):
            found.setdefault((word,), named)
    return found


def plural(word: str) -> str:
    """The plural of an English word, or the singular of one; other words as they are."""
    if len(word) < 4 or not (word.isascii() and word.isalpha()) or word.endswith("ss"):
        return word
    return word + "s" if word[-1] != "s" else word if len(word) < 5 else word[:-1]


def opposites_of(names: Mapping[str, str]) -> dict[str, str]:
    """Labels that deny another one, with that one: ``noHate`` and ``hate``.

    Of two labels alone, each may be what the other is not: ``true`` and ``false``.
    """
    stems = {form: label for name, label in names.items() for form in sequences(name)}
    found = {}
    for name, label in names.items():
        for form in sequences(name):
            stem = stems.get(form[1:], label) if form[0] in DENIAL else label
            if stem != label:
                found[label] = stem
    pair = {folded(name): label for name, label in names.items()}
    if len(pair) == 2 == len(set(pair.values())) and _complements(*sorted(pair, key=len)):
        one, other = pair.values()
        found |= {one: other, other: one}
    return found


def _complements(short: str, long: str) -> bool:
    """Whether one of two words is what the other is not."""
    return any(long == prefix + short for prefix in PREFIXES) or any(
        {short, long} == set(pair) for pair in COMPLEMENTS
    )
