"""An answer that is a label, but for case, separators, Unicode form and marks around it."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping

INVISIBLE = re.compile(
    "[\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u064b-\u065f\u0670\u0591-\u05c7\ufe0f]"
)
"""Zero-width and direction marks, and the vowel points of Arabic and Hebrew, often left out."""

ALEFS = str.maketrans("أإآٱىة", "اااايه")
QUOTES = str.maketrans("’‘ʼ`´“”„«»", "'''''\"\"\"\"\"")
HYPHENS = str.maketrans("‐−", "--")
CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
WRAPPED = re.compile(
    r"^(?:\s|[#>|*_~`\"'“”‘’«»„(\[{<（【「『《]|[-–—•·✅☑✔➡→⇒=:]+(?=\s|$|\w{2})|(?:\(?\w[.)])\s+)+"
)
TRAILING = re.compile(r"[\s|*_~`\"'“”‘’«»)\]}>.,;:!。，！；：、）】」』》…✅☑✔]+$")
LISTS = re.compile(r"\s*[,;/|&+、，]\s*")
"""What may stand between labels."""

NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def plain(text: str) -> str:
    """``text`` in one Unicode form (NFKC), without marks that cannot be seen."""
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(HYPHENS)


def folded(text: str) -> str:
    """``text`` without what differs between two spellings of a word: case, Arabic letter forms."""
    return " ".join(plain(text).casefold().translate(ALEFS).split())


def compact(text: str) -> str:
    """``text`` folded, without anything but letters, digits and their marks."""
    if number(text):
        return ""  # "-1" and "1" differ by a mark alone
    text = re.sub(r"(?<=\d)[ _-]+(?=\d)", "-", folded(text.replace("&", " and ")))

    def kept(i: int) -> bool:
        parts = text[i - 1 : i].isdigit() and text[i + 1 : i + 2].isdigit()  # "4/5" is not "45"
        return text[i].isalnum() or parts or unicodedata.category(text[i])[0] == "M"

    return "".join(c for i, c in enumerate(text) if kept(i))


def singular(text: str) -> str:
    """``text`` compact, without a plural's "s"."""
    text = compact(text)
    return text[:-1] if len(text) > 4 and text.endswith("s") and not text.endswith("ss") else text


def unwrapped(text: str) -> str:
    """``text`` without quotes, brackets, list marks and punctuation around it."""
    return TRAILING.sub("", WRAPPED.sub("", text, count=1)).strip()


def number(text: str) -> str:
    """A number as it is written most shortly (``1.0`` is ``1``); an empty string for other text."""
    text = text.strip().translate(HYPHENS)
    return f"{float(text):.12g}" if NUMBER.fullmatch(text) and len(text) < 16 else ""


def _stripped(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


class Spellings:
    """The labels by their spellings, from the exact one to the loosest.

    ``names`` maps each accepted spelling to its label: the labels themselves, and a mapping's
    keys; ``loose`` maps further ones, in any case. A spelling that fits two labels at one level
    fits neither.
    """

    LEVELS: tuple[Callable[[str], str], ...] = (str, _stripped, folded, compact, number, singular)

    def __init__(self, names: Mapping[str, str], loose: Mapping[str, str] | None = None) -> None:
        self.tables: list[dict[str, set[str]]] = []
        for level in self.LEVELS:
            table: dict[str, set[str]] = defaultdict(set)
            known = names if level in (str, _stripped) else {**(loose or {}), **names}
            for name, label in known.items():
                if key := level(name):
                    table[key].add(label)
            self.tables.append(dict(table))

    def whole(self, text: str) -> tuple[frozenset[str], bool]:
        """The labels that ``text`` as a whole spells, and whether it does so exactly."""
        for i, (level, table) in enumerate(zip(self.LEVELS, self.tables, strict=True)):
            if found := table.get(level(text)):
                return self._listed(text, found) if level is compact else frozenset(found), i < 2
        return frozenset(), False

    def _listed(self, text: str, found: set[str]) -> frozenset[str]:
        """The labels that ``text`` lists, where it joins labels that together spell another one."""
        if "~~" in text:
            return frozenset()
        parts = [folded(part) for part in LISTS.split(text)]
        listed = [self.tables[2].get(part, set()) for part in parts if part]
        own = any(LISTS.search(label) for label in found)  # labels that are written with such signs
        several = len(listed) > 1 and all(listed) and not own
        return frozenset[str]().union(*listed) if several else frozenset(found)

    def bare(self, text: str) -> frozenset[str]:
        """The labels that ``text`` spells, or does without the marks around it."""
        found, _ = self.whole(text)
        if found or len(text) > 400:
            return found
        for other in (unwrapped(text), unwrapped(unwrapped(text)), _core(text)):
            if other and other != text and (found := self.whole(other)[0]):
                return found
        return frozenset()


def _core(text: str) -> str:
    """From the first letter or digit to the last; nothing where a sign or a unit would be lost."""
    ends = [i for i, c in enumerate(text) if c.isalnum()]
    if not ends:
        return ""
    core = text[ends[0] : ends[-1] + 1]
    if number(core) and (text[: ends[0]].endswith(("-", "+", ".")) or "%" in text[ends[-1] :]):
        return ""
    return core
