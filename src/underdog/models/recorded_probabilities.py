"""Probabilities of labels that were recorded: a column of JSON objects, or a column per label."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..core.cost import Floats
from ..core.data import Archive, Column, Task
from ..core.errors import UnderdogError
from ..core.reading import EXACT, NORMALISED, of_task

ROUNDING = 0.02
"""How far probabilities may be from summing to one: they are written with few digits."""

ANSWERED = re.compile(r"[_ -]?(answer|prediction|label|response|output|choice)s?$", re.I)
WORDS = ("probs", "probabilities", "prob", "probability", "scores", "distribution")
JOINTS = ("_", "-", " ", ".", ":", "/")
NAMES = ("value", "label", "option", "name", "class")
CHANCES = ("probability", "prob", "p", "score")
TRIED = 50
"""Cells from which it is judged whether a column holds distributions."""


def probabilities(archive: Archive, named: str, task: Task) -> Floats:
    """The probabilities of the labels in each row of a file, shape ``[rows, labels]``.

    ``named`` is a column whose cells are distributions, as JSON; or what the names of a column per
    label begin with. A row is NaN where nothing is written, where an unknown label has a chance, or
    where the chances do not sum to one; labels that are not named have none. Raises
    `UnderdogError` where there is no such column, or no row can be used.
    """
    known = _read.setdefault(archive, {})
    if (named, task) not in known:
        known[named, task] = _probabilities(archive, named, task)
    return known[named, task]


_read: WeakKeyDictionary[Archive, dict[tuple[str, Task], Floats]] = WeakKeyDictionary()
"""Columns that were read: folds and seeds share an archive."""


def _probabilities(archive: Archive, named: str, task: Task) -> Floats:
    if named in archive.columns:
        rows = [_of_cell(cell, task) for cell in archive.columns[named]]
        found = np.array(rows).reshape(len(rows), len(task.labels))
    elif columns := _per_label(named, archive.columns, task.labels):
        cells = [[_number(cell) for cell in archive.columns[column]] for column in columns]
        found = _sound(np.array(cells, np.float64).T)
    else:
        known = ", ".join(map(repr, archive.columns)) or "none"
        raise UnderdogError(
            f"no column {named!r} of probabilities, and none for each label, such as"
            f" {named}_{task.labels[0] if task.labels else 'LABEL'}",
            f"columns: {known}",
        )
    if len(found) and np.isnan(found).any(axis=1).all():
        raise UnderdogError(
            f"column {named!r} holds no probabilities of the labels",
            'write each as JSON, as in {"billing": 0.9, "refund": 0.1}, one sum each',
        )
    return found


def guessed(column: str, columns: Mapping[str, Column], task: Task) -> str | None:
    """Where the probabilities of the answers in ``column`` stand, by name and by what is there.

    `None` where there are none, and where ``column`` itself holds them.
    """
    if task.kind != "label":
        return None
    if task.kind != "label" or not task.labels:
        return None
    stem = ANSWERED.sub("", column)
    folded = {name.casefold(): name for name in columns}
    for word in WORDS:
        for joint in JOINTS[:3]:
            name = folded.get(f"{stem}{joint}{word}".casefold())
            if name and holds(columns[name], task):
                return name
    for prefix in (stem, *(f"{stem}_{word}" for word in (*WORDS, "p"))):
        if _per_label(prefix, columns, task.labels):
            return prefix
    return None


def holds(cells: Column, task: Task) -> bool:
    """Whether most of the first cells that are not blank are distributions over the labels.

    Numbers and texts have no labels, and so no cell is one.
    """
    if task.kind != "label":
        return False
    if task.kind != "label" or not task.labels:
        return False
    some = [cell for cell in cells if cell is not None and str(cell).strip()][:TRIED]
    good = [cell for cell in some if not np.isnan(_of_cell(cell, task)).any()]
    return 2 * len(good) > len(some)


def _per_label(
    prefix: str, columns: Mapping[str, Column], labels: Sequence[str]
) -> list[str] | None:
    """The column of each label, in their order; None unless every label has one."""
    folded = {name.casefold(): name for name in columns}
    for joint in JOINTS:
        found = [folded.get(f"{prefix}{joint}{label}".casefold()) for label in labels]
        if labels and all(found):
            return [name for name in found if name]
    return None


def _of_cell(cell: Any, task: Task) -> Floats:
    """The distribution in a cell, shape ``[labels]``; NaN where there is none."""
    row = np.zeros(len(task.labels))
    pairs = _pairs(_parsed(cell))
    where = {label: k for k, label in enumerate(task.labels)}
    for name, value in pairs:
        p = _number(value)
        if name not in where:
            read = of_task(task).read(str(name))
            name = read.label if read.how in (EXACT, NORMALISED) else None
        if name in where and p == p:
            row[where[name]] += p
        elif p != 0:  # what cannot be read, or a chance of an unknown label
            return np.full(len(task.labels), np.nan)
    return _sound(row[None, :])[0] if pairs else np.full(len(task.labels), np.nan)


def _parsed(cell: Any) -> Any:
    if isinstance(cell, Mapping | list):
        return cell
    text = "" if cell is None else str(cell).strip()
    if not text.startswith(("{", "[")):
        return None
    for parse in (json.loads, ast.literal_eval):  # pandas writes the repr of a dict
        try:
            return parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None


def _pairs(told: Any) -> list[tuple[Any, Any]]:
    """(label, chance) of a mapping, of a list of objects, or of an answer that holds either."""
    if isinstance(told, Mapping):
        inner = told.get("probabilities", told.get("probs"))
        return _pairs(inner) if isinstance(inner, Mapping | list) else list(told.items())
    if isinstance(told, list) and all(isinstance(one, Mapping) for one in told):
        return [(_first(one, NAMES), _first(one, CHANCES)) for one in told]
    return []


def _first(one: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((one[name] for name in names if name in one), None)


def _number(value: Any) -> float:
    """A chance; NaN for what is none."""
    try:
        text = str(value).strip()
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return float("nan")


def _sound(rows: Floats) -> Floats:
    """Rows that sum to one, NaN in place of those that are no distribution: ``[rows, labels]``."""
    total = rows.sum(axis=1)
    with np.errstate(invalid="ignore"):
        good = (rows >= 0).all(axis=1) & (np.abs(total - 1) <= ROUNDING)
    sound: Floats = np.where(good[:, None], rows / np.where(good, total, 1.0)[:, None], np.nan)
    return sound
