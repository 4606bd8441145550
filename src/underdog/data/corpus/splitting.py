"""Texts as passages: whole sentences, up to a number of words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.texts import sentences

WORDS = 120
"""Words of a passage, at most; a longer sentence is cut."""

BLANK = re.compile(r"\n[ \t]*\n")


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
        for sentence in sentences(paragraph, lines=False):
            cut = sentence.split()
            for at in range(0, len(cut), words):
                yield here, " ".join(cut[at : at + words])
