"""The texts of the rows: medical notes without near-duplicates in training, and Shakespeare."""

from __future__ import annotations

import random
from functools import cache

from benchmarks.data import root
from underdog.core.data import Dataset
from underdog.data.read import sheet_of

SHINGLE = 8
"""Words that two notes must share in a row for it to count."""

SHARED = 0.2
"""The share of a note's shingles that may stand in another note of the training part."""


def unlabelled(texts: list[str]) -> Dataset:
    """``texts`` as a data set without labels."""
    return Dataset.of(texts, [None] * len(texts))


@cache
def notes() -> tuple[Dataset, tuple[str, ...]]:
    """The training part of MTSamples, and the test notes that have no near-duplicate in it."""
    sheet = sheet_of(str(root() / "mtsamples" / "mtsamples.csv.xz"))
    column = max(sheet.columns, key=lambda name: sum(len(str(c)) for c in sheet.columns[name][:50]))
    distinct = list(dict.fromkeys(str(c).strip() for c in sheet.columns[column] if c))
    random.Random(0).shuffle(distinct)
    test, train = distinct[: len(distinct) // 5], distinct[len(distinct) // 5 :]
    seen = {shingle for note in train for shingle in shingles(note)}
    fresh = [note for note in test if _share(note, seen) <= SHARED]
    return unlabelled(train), tuple(fresh)


@cache
def shakespeare() -> Dataset:
    """Tiny Shakespeare in pieces of about 2,000 characters."""
    text = (root() / "lm_text" / "tinyshakespeare.txt").read_text("utf-8")
    return unlabelled([text[i : i + 2000] for i in range(0, len(text), 2000)])


def shingles(note: str) -> set[tuple[str, ...]]:
    """The runs of `SHINGLE` words of ``note``."""
    words = note.lower().split()
    return {tuple(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}


def _share(note: str, seen: set[tuple[str, ...]]) -> float:
    own = shingles(note)
    return len(own & seen) / len(own)
