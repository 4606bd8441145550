"""Which labels are taken for which: a matrix for few labels, the worst pairs for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import formatting
from ..entries import Entry, Results, mapping
from .chart import Chart, Control, choose, tip

MATRIX = 20
"""Above this number of labels a matrix cannot be read, and only pairs are shown."""

PAIRS = 25
"""How many confused pairs are listed for a model, most frequent first."""

ABSTAINED = "(no label)"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Texts of the label ``gold`` that were answered ``answer``: how many, of how many."""

    gold: str
    answer: str
    count: int
    of: int

    @property
    def words(self) -> str:
        """The mistake in a sentence."""
        share = formatting.percent(self.count / self.of) if self.of else formatting.UNKNOWN
        whole = formatting.count(self.of)
        return f"{formatting.count(self.count)} of {whole} {self.gold} texts ({share})"


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """The confusion of one model at a time, and its most confused pairs."""
    found = [
        entry
        for entry in entries
        if {"counts", "mistakes"} & mapping(entry.data, "confusion").keys()
    ]
    if not found:
        return None
    few = max(len(entry.data["confusion"]["labels"]) for entry in found) <= MATRIX
    pairs = {entry.number: mistakes(entry.data["confusion"])[:PAIRS] for entry in found}
    views = (("matrix", "Matrix"), ("pairs", "Most confused pairs"))
    shape = (Control("view", "Show", views if few else views[1:]),) if few else ()
    worst = pairs[found[0].number]
    return Chart(
        key="confusion",
        title="Confusion",
        about="Rows are the right labels, columns the answers; a fuller colour means a larger "
        "share of the row."
        if few
        else f"The {PAIRS} most frequent mistakes of a model.",
        alt=f"The most frequent mistake of {found[0].label}: "
        + (f"{worst[0].words} were answered {worst[0].answer}." if worst else "none."),
        data={
            "models": {
                str(entry.number): {
                    "matrix": _matrix(entry.data["confusion"]) if few else None,
                    "pairs": [
                        {
                            "pair": f"{m.gold} → {m.answer}",
                            "count": m.count,
                            "tip": tip(f"{m.gold} → {m.answer}", m.words),
                        }
                        for m in pairs[entry.number]
                    ],
                }
                for entry in found
            }
        },
        head=("model", "right label", "answered", "texts", "of"),
        rows=[
            (entry.label, m.gold, m.answer, formatting.count(m.count), formatting.count(m.of))
            for entry in found
            for m in pairs[entry.number]
        ],
        controls=(choose(found), *shape),
    )


def mistakes(confusion: Mapping[str, Any]) -> list[Mistake]:
    """The pairs of labels that were confused, the most frequent first."""
    found = [
        Mistake(gold, said or ABSTAINED, n, of)
        for gold, said, n, of in confusion.get("mistakes", ())
    ]
    found += [
        Mistake(gold, column or ABSTAINED, n, sum(row))
        for gold, row in zip(confusion["labels"], confusion.get("counts", ()), strict=False)
        for column, n in zip(confusion["columns"], row, strict=True)
        if n and column != gold
    ]
    return sorted(found, key=lambda m: (-m.count, m.gold, m.answer))


def _matrix(confusion: Mapping[str, Any]) -> dict[str, Any]:
    labels = list(confusion["labels"])
    used = [
        j
        for j, column in enumerate(confusion["columns"])
        if column in labels or any(row[j] for row in confusion["counts"])
    ]
    columns = [confusion["columns"][j] or ABSTAINED for j in used]
    cells = []
    for gold, row in zip(labels, confusion["counts"], strict=True):
        for j, column in zip(used, columns, strict=True):
            words = Mistake(gold, column, row[j], sum(row)).words
            cells.append(
                {
                    "gold": gold,
                    "answer": column,
                    "count": row[j],
                    "share": row[j] / sum(row) if sum(row) else 0,
                    "tip": tip(f"{gold}, answered {column}", words),
                }
            )
    return {"labels": labels, "columns": columns, "cells": cells}
