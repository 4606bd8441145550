"""doccano: JSONL with a text and a list of labels, or of spans (start, end, label)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .export import Export, Reading, Row, all_have

MARKS = ("Comments", "comments", "meta", "metadata", "annotation_approver")


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    text = "text" if "text" in keys else "data"
    label = _label(keys)
    known = text in keys and label and ("id" in keys or bool(set(MARKS) & keys))
    kind = (list, str) if "Comments" in keys else list
    return bool(known and all_have(rows, label, kind) and all_have(rows, text, str))


def _label(keys: frozenset[str]) -> str:
    return next((key for key in ("label", "labels") if key in keys), "")


def _read(rows: list[Row], path: Path | None) -> Reading | None:
    label = _label(frozenset(rows[0]))
    text = "text" if "text" in rows[0] else "data"
    rows = [{**row, label: _parted(row.get(label))} for row in rows]
    marks = any(isinstance(one, list | dict) for row in rows for one in row.get(label) or [])
    empty = 0 if marks else sum(not row.get(label) for row in rows)
    told = f"read as a doccano export: text <- {text}, label <- {label}"
    told += f"; {empty:,} rows without a label" if empty else ""
    return Reading(rows, told, (text,), label, frozenset(MARKS))


def _parted(value: Any) -> Any:
    """The labels of a cell of the CSV export, which stands ``#`` between them."""
    return value.split("#") if isinstance(value, str) and value else value


DOCCANO = Export("doccano", _recognise, _read)
