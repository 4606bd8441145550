"""Cells that hold a list: one element is the element, several are several labels."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.data import Column
from .exports.label_studio import choices
from .formats.nested import named
from .sheet import Sheet, cell, shown

SAMPLE = 200
OPEN = ("[", "{", "(")
STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
PLAIN = re.compile(r"\[[^\[\]'\"{}]+\]")
ARRAY = re.compile(rf"\[(?:\s*(?:{STRING.pattern}))+\s*\]")
"""A list without quotation marks; and an array of strings as numpy writes it."""

JOINS = (";", "|", ",", "#", "/", "+", "&", "\n")
"""Signs that stand between several labels in one cell."""


@dataclass(frozen=True)
class Labels:
    """The label of each row, None where there is none or several; ``several`` are those rows."""

    cells: Column
    several: tuple[tuple[str, ...], ...]


def elements(value: str | float | None) -> list[str | float | None] | None:
    """The plain values in a cell that holds a list of them, as JSON or Python; else None."""
    if not isinstance(value, str) or value[:1] not in OPEN or value[-1:] not in ("]", "}", ")"):
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = _literal(value)
    found = choices(found)
    while isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    if isinstance(found, list) and found and all(isinstance(one, dict) for one in found):
        found = [choices(named(one)) for one in found]
    if not isinstance(found, list) or any(isinstance(one, list | dict) for one in found):
        return None
    return [cell(one) for one in found]


def _literal(value: str) -> object:
    """What Python or numpy wrote: a list, a set or a tuple of strings, or an array of them."""
    if PLAIN.fullmatch(value):
        return [one for part in value[1:-1].split(",") if (one := part.strip())]
    if value[1:2] not in ("'", '"') or len(value) > 10_000:
        return None
    if value[0] == "[" and ARRAY.fullmatch(value):
        return [one[1:-1] for one in STRING.findall(value)]
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    if isinstance(found, str) and value[0] == "(":
        return [found]  # a tuple of one, written without its comma
    return (
        sorted(found) if isinstance(found, set) else [*found] if isinstance(found, tuple) else found
    )


def unwrapped(sheet: Sheet) -> Sheet:
    """``sheet`` with one-element lists as their element, in columns that hold nothing longer."""
    changed: dict[str, Column] = {}
    for name, column in sheet.columns.items():
        if not _listed(column[:SAMPLE]):
            continue
        read = [elements(value) for value in column]
        if all(r is None or len(r) <= 1 for r in read) and any(r is not None for r in read):
            pairs = zip(read, column, strict=True)
            changed[name] = tuple([v if r is None else (r[0] if r else None) for r, v in pairs])
    if not changed:
        return sheet
    names = ", ".join(map(repr, changed))
    note = f"one-element lists are read as their element: {names}"
    columns = {name: changed.get(name, column) for name, column in sheet.columns.items()}
    return replace(sheet, columns=columns, notes=(*sheet.notes, note))


def _listed(cells: Sequence[str | float | None]) -> bool:
    """Whether all cells that are not empty hold a list of at most one value, and some do."""
    filled = [value for value in cells if shown(value).strip()]
    return bool(filled) and all(
        (read := elements(value)) is not None and len(read) <= 1 for value in filled
    )


def single(column: Column) -> Labels:
    """The label in each cell of a label column whose cells may be lists."""
    several, cells = [], []
    for value in column:
        read = elements(value)
        if read is None:
            cells.append(value)
            continue
        values = [shown(one) for one in read if shown(one).strip()]
        cells.append(values[0] if len(values) == 1 else None)
        if len(values) > 1:
            several.append(tuple(values))
    return Labels(tuple(cells), tuple(several))


def joined(column: Column) -> tuple[int, str]:
    """How many cells look like several labels joined by a sign, and one of them.

    They do where most parts between the signs are labels of their own elsewhere in the column.
    """
    counts = Counter(shown(value).strip() for value in column)
    counts.pop("", None)
    best = (0, "")
    for sign in JOINS:
        plain = {label for label in counts if sign not in label}
        found = [
            label
            for label in counts
            if sign in label
            and len(parts := [p.strip() for p in re.split(re.escape(sign), label)]) > 1
            and all(part in plain for part in parts)
        ]
        found = found or _reused(counts, sign)
        total = sum(counts[label] for label in found)
        best = max(best, (total, found[0] if found else ""))
    return best


def _reused(counts: Counter[str], sign: str) -> list[str]:
    """The labels with ``sign`` in them, where each part stands in several labels."""
    cells: dict[str, set[str]] = {}
    for label in counts:
        for part in label.split(sign):
            cells.setdefault(part.strip(), set()).add(label)
    found = [label for label in counts if sign in label.strip(sign)]
    parts = [part.strip() for label in found for part in label.split(sign)]
    return found if parts and all(len(cells[part]) > 1 for part in parts) else []
