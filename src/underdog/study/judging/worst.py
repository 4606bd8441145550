"""The worst outputs by a score, and in each the sentence that scores worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.data import clean
from ...core.protocols import Grader
from ...core.texts import spans
from ...data.outputs import Outputs
from ...evaluate.graders.lexical import shared
from ...evaluate.graders.reading import repeated, source
from .lineup import Score

SHOWN, CHARACTERS = 20, 4000
"""Outputs that a report shows, and characters of each."""


@dataclass(frozen=True)
class Worst:
    """Row ``row`` of the file: its ``output``, its ``score``, and its ``rating`` if there is one.

    ``start`` and ``end`` are the places of characters of the worst sentence; equal if there is
    none. ``beside`` is what the output was compared with: its source, or a reference.
    """

    row: int
    output: str
    score: float
    rating: float | None
    start: int
    end: int
    beside: str


def worst(outputs: Outputs, by: Score, lower: bool = False, shown: int = SHOWN) -> list[Worst]:
    """The outputs that are worst on ``by``, of which ``lower`` is better where it is set."""
    badness = by.grades if lower else -by.grades
    order = np.argsort(np.where(np.isnan(badness), -np.inf, badness), kind="stable")[::-1]
    rows = [i for i in order.tolist() if not np.isnan(by.grades[i])][:shown]
    marks = _marks(outputs, rows, by.grader, lower)
    found = []
    for i, (start, end) in zip(rows, marks, strict=True):
        rating = outputs.ratings.values[i] if outputs.ratings else np.nan
        beside = source(outputs.data.texts[i]).strip() or next(iter(outputs.data.right[i]), "")
        found.append(
            Worst(
                i,
                clean(outputs.values[i])[:CHARACTERS],
                float(by.grades[i]),
                None if np.isnan(rating) else float(rating),
                *(start, end),
                clean(beside)[:CHARACTERS],
            )
        )
    return found


def _marks(outputs: Outputs, rows: list[int], grader: Grader, lower: bool) -> list[tuple[int, int]]:
    """Where the worst sentence of each row begins and ends."""
    texts = [clean(outputs.values[i])[:CHARACTERS] for i in rows]
    parts = [spans(text) for text in texts]
    some = outputs.data.take(rows)
    data = repeated(some, [len(part) for part in parts])
    said = [text[a:b] for text, part in zip(texts, parts, strict=True) for a, b in part]
    if getattr(grader, "by_sentence", False):
        grades = grader.grade(data.texts, said, data)
        grades = -grades if lower else grades
    else:  # by the words that neither the source nor a reference has
        pools = zip(data.texts, data.right, strict=True)
        known = [" ".join((source(text), *right)) for text, right in pools]
        grades = np.array([shared(one, whole) for one, whole in zip(said, known, strict=True)])
    found, at = [], 0
    for part in parts:
        mine = grades[at : at + len(part)]
        at += len(part)
        several = len(part) > 1 and not np.isnan(mine).all()
        found.append(part[int(np.nanargmin(mine))] if several else (0, 0))
    return found
