"""Cells that hold an object: the label that it names, labels that it says are true, its text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..guess import plain_name, recorded
from ..sheet import Cell, Sheet, cell, shown
from ..tables.names import LABEL_NAMES

KEYS = ("label", "name", "value", "class", "category", "choice", "answer", "title", "text")
"""Keys under which an object names its label, the surest first."""

HOLDERS = frozenset(
    {"example", "input", "data", "item", "record", "document", "sample", "source", "row", "payload"}
)
"""Names of columns whose objects hold a text."""

MOST = 20
"""Keys of objects that become columns."""

NAMES = frozenset(name for rank in LABEL_NAMES for name in rank) | {"categories", "classes"}


def flat(sheet: Sheet) -> Sheet:
    """``sheet`` with the objects in its columns of labels and texts as plain cells.

    A column of recorded answers stays as it is: answers are read by their reader.
    """
    columns: dict[str, Sequence[Cell]] = {}
    notes: list[str] = []
    for name, column in sheet.columns.items():
        plain = plain_name(name)
        wanted = plain in NAMES or plain.rpartition("_")[2] in NAMES or plain in HOLDERS
        found = _objects(column) if wanted and not recorded(name) else None
        if found is None:
            columns[name] = column
        elif plain in HOLDERS:
            keys = list(dict.fromkeys(key for one in found for key in one or ()))[:MOST]
            made = {f"{name}.{k}": [cell((one or {}).get(k)) for one in found] for k in keys}
            columns |= made if not made.keys() & sheet.columns.keys() else {name: column}
            notes.append(f"objects are read as columns: {name!r}")
        else:
            columns[name] = [cell(one if one is None else named(one)) for one in found]
            if list(columns[name]) != list(column):
                notes.append(f"labels are read from the objects in {name!r}")
    if not notes:
        return sheet
    made_of = {key: tuple(column) for key, column in columns.items()}
    return replace(sheet, columns=made_of, notes=(*sheet.notes, *notes))


def named(thing: dict[str, Any]) -> Any:
    """The label that an object names, those that it says are true as a list, or itself.

    >>> named({"name": "spam", "id": 1}), named({"spam": 1.0, "ham": 0.0}), named({"x": [1]})
    ('spam', ['spam'], {'x': [1]})
    """
    values = list(thing.values())
    flags = len(thing) > 1 and "label" not in thing
    if flags and all(isinstance(v, int | float) and v in (0, 1) for v in values):
        return [key for key, value in thing.items() if value]
    key = next((key for key in KEYS if isinstance(thing.get(key), str | int | list)), None)
    return thing if key is None else thing[key]


def _objects(column: Sequence[Cell]) -> list[dict[str, Any] | None] | None:
    """The objects in the cells of ``column``, None for an empty cell; None if a cell holds none."""
    found: list[dict[str, Any] | None] = []
    for value in column:
        text = shown(value).strip()
        if text and not (text[0] == "{" and text[-1] == "}"):
            return None
        try:
            one = json.loads(text) if text else None
        except (ValueError, RecursionError):
            return None
        if one is not None and not isinstance(one, dict):
            return None
        found.append(one)
    return found if any(found) else None
