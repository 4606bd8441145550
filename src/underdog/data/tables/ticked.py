"""Labels with a column each: 1 where the label is right, and 0 where it is not."""

from __future__ import annotations

import json
from dataclasses import replace

from ..guess import find_text, guess_label, listed, model_answers, repeats
from ..sheet import Sheet, shown
from .names import GOLD

NAME = "labels"
"""The column that is made of them."""

FEWEST = 3
TOLD = "labels: the columns"
YES, NO = ("1", "1.0", "true"), ("0", "0.0", "false")


def ticked(sheet: Sheet) -> Sheet:
    """``sheet`` with a column of labels, where it has texts and a column for each label.

    They are labels where no other column looks like one. Rows with one label each get its name,
    other rows a list.
    """
    if sheet.text or sheet.label or NAME in sheet.columns or len(sheet.columns) <= FEWEST:
        return sheet
    if guess_label(sheet, sheet.unguessed, by_shape=False):
        return sheet
    free = [n for n in sheet.columns if n not in sheet.unguessed and n not in model_answers(sheet)]
    names = [name for name in free if _ticks(sheet, name)]
    others = [name for name in free if name not in names and repeats(sheet, name)]
    gold = any(name.casefold().startswith(tuple(GOLD)) for name in names)
    if len(names) < FEWEST or others or gold or len(find_text(sheet, names)) != 1:
        return sheet
    cells = [[shown(value).strip().casefold() in YES for value in sheet.columns[n]] for n in names]
    sets = [
        [name for name, yes in zip(names, row, strict=True) if yes]
        for row in zip(*cells, strict=True)
    ]
    one = all(len(some) == 1 for some in sets)
    column = tuple([some[0] if one else json.dumps(some, ensure_ascii=False) for some in sets])
    note = f"{TOLD} {listed(names)} (one of them: --label {names[0]!r})"
    return replace(
        sheet,
        columns={**sheet.columns, NAME: column},
        notes=(*sheet.notes, note),
        unguessed=sheet.unguessed | frozenset(names),
    )


def without_ticks(sheet: Sheet, label: str | None) -> Sheet:
    """``sheet`` without the columns from which its column ``label`` was made, if it was."""
    if label != NAME or not any(note.startswith(TOLD) for note in sheet.notes):
        return sheet
    kept = {
        n: c for n, c in sheet.columns.items() if n not in sheet.unguessed or not _ticks(sheet, n)
    }
    return replace(sheet, columns=kept)


def _ticks(sheet: Sheet, name: str) -> bool:
    """Whether a column holds 0 and 1, or false and true, in every row, and nothing else."""
    return {shown(value).strip().casefold() for value in sheet.columns[name]} <= {*YES, *NO}
