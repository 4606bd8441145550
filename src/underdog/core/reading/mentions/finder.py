"""Where labels stand in prose: as whole words, the longest at each place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ..spelling import folded, plain
from .counting import counts
from .spelled import UNSPACED, forms_of, opposites_of, sequences, word_pattern

ARABIC = re.compile("^(?:[وف]?(?:ال|بال|كال|لل|[بكل])|[وف])(?=.{2})")
HEBREW = re.compile("^[והבלכמש]{1,2}(?=.{2})")


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
        self.opposites = opposites_of(names)
        self.signs = {form: set(name) for name in names for form in sequences(name)}
        numbers = [int(label) for label in names.values() if label.isdecimal()]
        self.top = max(numbers, default=0)
        joined = {k: v for k, v in names.items() if re.search(f"[{UNSPACED}]", k)}
        forms = forms_of({k: v for k, v in names.items() if k not in joined}, self.opposites)
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
        words = {one: f" {' '.join(next(iter(sequences(one)), ()))} " for one in labels}
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
                        if (kind := counts(text, start, end, form, label, self.top)) is not None:
                            yield Mention(start, end, label, kind)
                            step = n
                        break
                if step > 1:
                    break
            i += step


def _only_literal(name: str, forms: Mapping[tuple[str, ...], set[str]]) -> bool:
    """Whether a label differs from another, or from a number, in marks or case alone."""
    mine = sequences(name)
    return (
        not mine
        or re.match(r"\s*[+-]\d", name) is not None
        or any(len(forms.get(form, ())) > 1 for form in mine)
    )


def _within(m: Mention, spans: list[tuple[int, int]]) -> bool:
    return any(start < m.end and m.start < end for start, end in spans)


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


def _alternatives(table: dict[str, str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    names = sorted(filter(None, table), key=len, reverse=True)
    body = "|".join(map(re.escape, names))
    return (re.compile(rf"(?<![\w.,+-])\+?(?:{body})(?![\w%+#]|[.,]\d)") if names else None), table


def _substrings(table: dict[str, str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    names = sorted(filter(None, table), key=len, reverse=True)
    return (re.compile("|".join(map(re.escape, names)), re.I) if names else None), table
