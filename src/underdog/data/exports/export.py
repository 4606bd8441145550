"""What an export of another tool is: how it is recognised, and what is read from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
"""One record, its nested objects and lists parsed."""


@dataclass(frozen=True)
class Reading:
    """The records that an export holds, as flat rows.

    ``told`` says in one line where text and label came from. ``text`` and ``label`` name the
    columns of ``rows`` that hold them; where they are not given, the columns are guessed, those in
    ``unguessed`` left out.
    """

    rows: list[Row]
    told: str
    text: tuple[str, ...] = ()
    label: str | None = None
    unguessed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Export:
    """An exporting tool: ``recognise(keys, first rows)`` is cheap, ``read(rows, path)`` is not.

    ``read`` returns None for records that are none of the tool's after all.
    """

    name: str
    recognise: Callable[[frozenset[str], Sequence[Row]], bool]
    read: Callable[[list[Row], Path | None], Reading | None]


def all_have(rows: Sequence[Row], key: str, kind: type | tuple[type, ...]) -> bool:
    """Whether ``key`` is of ``kind`` in every row that has it, and some row has it."""
    values = [row[key] for row in rows if row.get(key) is not None]
    return bool(values) and all(isinstance(value, kind) for value in values)


def first_of(row: Row, keys: Iterable[str]) -> Any:
    """The first value that is not missing, of several possible keys."""
    return next((row[key] for key in keys if row.get(key) not in (None, "")), None)


def counted(counts: dict[str, int]) -> str:
    """What was skipped or left open, for the line that is told: "; 3 x, 5 y"."""
    parts = [f"{n:,} {what}" for what, n in counts.items() if n]
    return f"; {', '.join(parts)}" if parts else ""


def flat(row: Row, prefix: str = "") -> Row:
    """``row`` with the objects in it replaced by dotted keys, one level deep."""
    found: Row = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found.update({f"{prefix}{key}.{inner}": one for inner, one in value.items()})
        else:
            found[f"{prefix}{key}"] = value
    return found


def loaded(value: Any) -> Any:
    """A cell with the list or object that it holds as JSON, if it holds one."""
    if isinstance(value, str) and value[:1] in ("[", "{") and value[-1:] in ("]", "}"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
