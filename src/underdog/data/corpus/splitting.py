"""Texts as passages: whole sentences, up to a number of words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

WORDS = 120
"""Words of a passage, at most; a longer sentence is cut."""

ABBREVIATED = re.findall(r"\S+", "Mr Mrs Ms Dr Prof St vs etc Fig No pp cf al e.g i.e")
"""Words after whose full stop a sentence goes on."""

END = re.compile(
    "".join(rf"(?<!\b{re.escape(word)})" for word in ABBREVIATED)
    + r"""[.!?…。！？]["'”’)\]]*(?=\s+["'“‘(\[]?[A-Z0-9\u00c0-\u024f\u0370-\U0010ffff])"""
)
"""The end of a sentence: a full stop before a capital, a number or a bracket."""

BLANK = re.compile(r"\n[ \t]*\n")


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, without the space between them.

    >>> sentences('Dr. Hall came. "Who?" she asked. It cost 3.5 dollars!')
    ['Dr. Hall came.', '"Who?" she asked.', 'It cost 3.5 dollars!']
    """
    ends = [0, *(match.end() for match in END.finditer(text)), len(text)]
    parts = (" ".join(text[a:b].split()) for a, b in pairwise(ends))
    return [part for part in parts if part]


def passages(text: str, words: int = WORDS) -> Iterator[tuple[int, str]]:
    """Passages of ``text``, of at most so many ``words``, each with the line where it begins.

    Paragraphs that are short stay together; one that is too long is divided between sentences.
    A heading of Markdown begins a passage.
    """
    held: list[str] = []
    first = size = 0
    for line, part in _pieces(text, words):
        length = len(part.split())
        if held and (size + length > words or part.startswith("#")):
            yield first, "\n".join(held)
            held, size = [], 0
        first = first if held else line
        held.append(part)
        size += length
    if held:
        yield first, "\n".join(held)


def _pieces(text: str, words: int) -> Iterator[tuple[int, str]]:
    """Paragraphs, or sentences of long ones, or pieces of long sentences, with their lines."""
    place, line = 0, 1
    for paragraph in BLANK.split(text):
        start = text.index(paragraph, place)
        line += text.count("\n", place, start)
        place = start
        skipped = len(paragraph) - len(paragraph.lstrip())
        here = line + paragraph.count("\n", 0, skipped)
        if not paragraph.strip():
            continue
        if len(paragraph.split()) <= words:
            yield here, paragraph.strip()
            continue
        for sentence in sentences(paragraph):
            cut = sentence.split()
            for at in range(0, len(cut), words):
                yield here, " ".join(cut[at : at + words])
