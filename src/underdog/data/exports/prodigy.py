"""Prodigy: accepted answers are labels; rejected and ignored ones are left out and counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .export import Export, Reading, Row, counted

DECISIONS = ("accept", "reject", "ignore")
MARKS = frozenset({"_input_hash", "_task_hash", "_session_id", "_view_id", "_annotator_id"})


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    decided = "answer" in keys and all(row.get("answer") in DECISIONS for row in rows)
    return decided and bool(MARKS & keys or "accept" in keys or "options" in keys)


def _read(rows: list[Row], path: Path | None) -> Reading | None:
    answers = [row.get("answer") for row in rows]
    kept = [
        {"text": row.get("text"), "label": _label(row), **_others(row)}
        for row in rows
        if row.get("answer") == "accept"
    ]
    counts = {
        "rejected rows left out": answers.count("reject"),
        "ignored rows left out": answers.count("ignore"),
    }
    by = "accept" if any("accept" in row for row in rows) else "label"
    told = f"read as a Prodigy export: text <- text, label <- {by}{counted(counts)}"
    return Reading(kept, told, ("text",), "label", MARKS)


def _others(row: Row) -> Row:
    used = {"text", "label", "accept", "options", "answer", "tokens", "spans", "config"}
    return {key: value for key, value in row.items() if key not in used}


def _label(row: Row) -> Any:
    """The option that was accepted, by its identity; several as a list."""
    chosen = row.get("accept")
    if isinstance(chosen, list):
        return chosen
    return chosen if isinstance(chosen, str) else row.get("label")


PRODIGY = Export("Prodigy", _recognise, _read)
