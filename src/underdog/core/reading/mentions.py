"""Where labels stand in prose: as whole words, the longest at each place."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from .spelling import CAMEL, folded, plain

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff"
)
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese; and Korean, whose particles join the word."""

ARABIC = re.compile("^(?:[وف]?(?:ال|بال|كال|لل|[بكل])|[وف])(?=.{2})")
HEBREW = re.compile("^[והבלכמש]{1,2}(?=.{2})")
DENIAL = ("no", "not", "non", "un", "anti", "kein", "keine", "pas", "sin")
PREFIXES = ("un", "in", "non", "ir", "im", "dis")
COMPLEMENTS = (
    *(("true", "false"), ("right", "wrong"), ("spam", "ham"), ("subjective", "objective")),
    *(("real", "fake"), ("pass", "fail"), ("是", "否")),
)
"""Words of which each is what the other is not, where a task has these two labels alone."""

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


@dataclass(frozen=True)
class Mention:
    """A label at a place in a text; ``strict`` where only a stated answer counts."""

    start: int
    end: int
    label: str
    strict: bool = False


class Finder:
    """Finds the ``names`` (spelling to label) in prose."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.opposites = _opposites(names)
        self.signs = {form: set(name) for name in names for form in _sequences(name)}
        numbers = [int(label) for label in names.values() if label.isdecimal()]
        self.top = max(numbers, default=0)
        joined = {k: v for k, v in names.items() if re.search(f"[{UNSPACED}]", k)}
        forms = _forms({k: v for k, v in names.items() if k not in joined}, self.opposites)
        self.words: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for form, labels in sorted(forms.items(), key=lambda item: -len(item[0])):
            if len(labels) == 1:
                self.words.setdefault(form[0], []).append((form, next(iter(labels))))
        literal = {
            plain(name).strip(): label
            for name, label in names.items()
            if name not in joined and _only_literal(name, forms)
        }
        self.literal = _alternatives(literal)
        self.unspaced = _substrings({folded(name): label for name, label in joined.items()})

    def find(self, text: str) -> list[Mention]:
        """All mentions in ``text`` (in NFKC), in order, none within another."""
        taken: list[Mention] = []
        for pattern, table, key in (
            (*self.unspaced, folded),
            (*self.literal, lambda t: t.strip()),
        ):
            if pattern is None:
                continue
            for m in pattern.finditer(text):
                if (label := table.get(key(m[0])) or table.get(key(m[0].lstrip("+")))) is not None:
                    taken.append(Mention(m.start(), m.end(), label))
        if self.words:
            covered = [(m.start, m.end) for m in taken]
            taken += [m for m in self._words(text) if not _within(m, covered)]
        return sorted(taken, key=lambda m: m.start)

    def widest(self, labels: frozenset[str]) -> frozenset[str]:
        """``labels`` without any that another one says with more words, as ``card lost`` does
        ``card``; unless that denies it."""
        words = {one: f" {' '.join(next(iter(_sequences(one)), ()))} " for one in labels}
        wider = {
            one: [o for o in labels if words[one] != words[o] and words[one] in words[o]]
            for one in labels
        }
        return frozenset(
            one for one in labels if all(self.opposites.get(o) == one for o in wider[one])
        )

    def _words(self, text: str) -> Iterator[Mention]:
        tokens = [*word_pattern().finditer(text)]
        keys = [folded(m[0]) for m in tokens]
        i = 0
        while i < len(tokens):
            step = 1
            for variant in _variants(keys[i]):
                for form, label in self.words.get(variant, ()):
                    n = len(form)
                    same = (variant, *keys[i + 1 : i + n]) == form
                    if same and _joined(text, tokens[i : i + n], self.signs.get(form)):
                        start, end = tokens[i].start(), tokens[i + n - 1].end()
                        if (kind := _counts(text, start, end, form, label, self.top)) is not None:
                            yield Mention(start, end, label, kind)
                            step = n
                        break
                if step > 1:
                    break
            i += step


def _forms(
    names: Mapping[str, str], opposites: Mapping[str, str]
) -> dict[tuple[str, ...], set[str]]:
    """Each way to spell a label in words, with the labels that it may stand for."""
    found: dict[tuple[str, ...], set[str]] = {}
    for name, label in names.items():
        for form in _sequences(name):
            found.setdefault(form, set()).add(label)
    for denied, stem in opposites.items():
        for form in _sequences(stem):
            for word in ("not", "no", "non"):
                found.setdefault((word, *form), set()).add(denied)
    for form, labels in [*found.items()]:
        found.setdefault((*form[:-1], plural(form[-1])), labels)
    for n, word in enumerate(NUMERALS):
        if labels := found.get((str(n),)):
            found.setdefault((word,), labels)
    return found


def plural(word: str) -> str:
    """The plural of an English word, or the singular of one; other words as they are."""
    if len(word) < 4 or not (word.isascii() and word.isalpha()) or word.endswith("ss"):
        return word
    return word + "s" if word[-1] != "s" else word if len(word) < 5 else word[:-1]


def counted(text: str) -> str:
    """``text`` with rows of stars as numbers.

    >>> counted("★★★☆☆ good")
    '3 good'
    """
    return STARS.sub(lambda row: str(len(row[1])), text)


def _only_literal(name: str, forms: Mapping[tuple[str, ...], set[str]]) -> bool:
    """Whether a label differs from another, or from a number, in marks or case alone."""
    mine = _sequences(name)
    return (
        not mine
        or re.match(r"\s*[+-]\d", name) is not None
        or any(len(forms.get(form, ())) > 1 for form in mine)
    )


def _within(m: Mention, spans: list[tuple[int, int]]) -> bool:
    return any(start < m.end and m.start < end for start, end in spans)


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


def _sequences(name: str) -> list[tuple[str, ...]]:
    """A label as words, split at separators; also split at capitals, and run together."""
    name = plain(name)
    spelled = (name, CAMEL.sub(" ", name), name.replace("&", " and "))
    words = [tuple(folded(w) for w in word_pattern().findall(form)) for form in spelled]
    found = [w for w in words if w]
    together = "".join(found[0]) if found else ""
    if found and len(found[0]) > 1 and not together.isdigit():
        found.append((together,))
    return list(dict.fromkeys(found))


def _variants(word: str) -> Iterator[str]:
    """A word, and without the article and particles that Arabic and Hebrew join to it."""
    yield word
    if word and "\u0590" <= word[0] <= "\u06ff":
        for pattern in (ARABIC, HEBREW):
            rest = pattern.sub("", word)
            if rest != word:
                yield rest


def _joined(text: str, tokens: list[re.Match[str]], own: set[str] | None) -> bool:
    """Whether only separators stand between the ``tokens`` of a label; commas and their like
    only where they are its ``own``."""
    apart = set("\n.!?:;(),，、|&/+") - (own or set())
    return all(
        len(between := text[a.end() : b.start()]) <= 4
        and not set(between) & apart
        and not any(map(str.isalnum, between))
        for a, b in pairwise(tokens)
    )


def _counts(
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


def _opposites(names: Mapping[str, str]) -> dict[str, str]:
    """Labels that deny another one, with that one: ``noHate`` and ``hate``.

    Of two labels alone, each may be what the other is not: ``true`` and ``false``.
    """
    stems = {form: label for name, label in names.items() for form in _sequences(name)}
    found = {}
    for name, label in names.items():
        for form in _sequences(name):
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


def _alternatives(table: dict[str, str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    names = sorted(filter(None, table), key=len, reverse=True)
    body = "|".join(map(re.escape, names))
    return (re.compile(rf"(?<![\w.,+-])\+?(?:{body})(?![\w%+#]|[.,]\d)") if names else None), table


def _substrings(table: dict[str, str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    names = sorted(filter(None, table), key=len, reverse=True)
    return (re.compile("|".join(map(re.escape, names)), re.I) if names else None), table
