"""What the texts of a task share at both ends, and the part between that varies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 30
"""Texts that a template is found in at least."""

SHARE = 0.15
"""The share of the texts of a family that a template is found in at least."""

STEM = 12
"""Characters with which texts of one template begin: a shared instruction is longer."""

SHORTEST = 6
"""Characters of a prefix or suffix at least: texts begin alike by chance too."""

BOUNDARIES = frozenset("\n\t :;,.\"'`>|)]}#*-=")
"""Where an instruction may end: a template never ends within a word."""


@dataclass(frozen=True, slots=True)
class Template:
    """The ``prefix`` and ``suffix`` that texts share; both may be empty."""

    prefix: str = ""
    suffix: str = ""

    def text(self, whole: str) -> str | None:
        """The part of ``whole`` that varies; None where it does not fit, or nothing varies."""
        end = len(whole) - len(self.suffix)
        if end <= len(self.prefix) or not whole.startswith(self.prefix):
            return None
        return whole[len(self.prefix) : end] if whole.endswith(self.suffix) else None

    @property
    def length(self) -> int:
        """Characters that texts share."""
        return len(self.prefix) + len(self.suffix)


def found_in(texts: Sequence[str]) -> list[Template]:
    """The templates of distinct ``texts``, each shared by `FEWEST` of them; the longest first.

    Where all else a request holds is the same, texts that differ early are one template without
    a prefix. Where many share a long beginning, that beginning is an instruction. An instruction
    that comes in two versions is two templates, since each version is shared by many.
    """
    distinct = sorted(set(texts))
    found = _split(distinct, max(FEWEST, int(SHARE * len(distinct))))
    return sorted(found, key=lambda t: -t.length)


def _split(texts: list[str], fewest: int) -> list[Template]:
    """Templates of sorted ``texts``, each shared by at least ``fewest`` of them."""
    if len(texts) < fewest:
        return []
    shared = len(_shared(texts[0], texts[-1]))
    groups: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        groups[text[shared : shared + STEM]].append(text)
    large = [group for group in groups.values() if len(group) >= fewest]
    rest = [text for group in groups.values() if len(group) < fewest for text in group]
    found = [one for group in large for one in _split(group, fewest)]
    return found + _whole(rest, fewest)


def _whole(texts: list[str], fewest: int) -> list[Template]:
    if len(texts) < fewest:
        return []
    prefix = _cut(_shared(texts[0], texts[-1]))
    ends = [text[len(prefix) :][::-1] for text in texts]
    suffix = _cut(_shared(min(ends), max(ends)))[::-1]
    return [Template(prefix, suffix)]


def _cut(shared: str) -> str:
    """``shared`` up to its last boundary, so that no word of the varying part is cut off."""
    end = len(shared)
    while end and shared[end - 1] not in BOUNDARIES:
        end -= 1
    return shared[:end] if end >= SHORTEST else ""


def _shared(first: str, last: str) -> str:
    """The beginning that two texts share."""
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((i for i, (a, b) in pairs if a != b), min(len(first), len(last)))]
