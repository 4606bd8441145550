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
    judged = ("label", "accept", "options", "cats")
    marks = not any(key in row for row in rows for key in judged)
    only = "" if marks else _only_label(rows)
    answered = ("accept", "reject") if only else ("accept",)
    kept = [
        {"text": row.get("text"), "label": _spans(row) if marks else _label(row), **_others(row)}
        for row in rows
        if row.get("answer") in answered
    ]
    counts = {
        "rejected rows left out": 0 if only else answers.count("reject"),
        "ignored rows left out": answers.count("ignore"),
    }
    by = "spans" if marks else "accept" if any("accept" in row for row in rows) else "label"
    by += f", and 'not {only}' where that was rejected" if only else ""
    told = f"read as a Prodigy export: text <- text, label <- {by}{counted(counts)}"
    return Reading(kept, told, ("text",), "label", MARKS)


def _others(row: Row) -> Row:
    used = {"text", "label", "cats", "accept", "options", "answer", "tokens", "spans", "config"}
    return {key: value for key, value in row.items() if key not in used}


def _spans(row: Row) -> list[Any]:
    """The marked pieces of a text, as start, end and label."""
    marks = [one for one in row.get("spans") or [] if isinstance(one, dict)]
    return [[one.get("start"), one.get("end"), one.get("label")] for one in marks]


def _only_label(rows: Sequence[Row]) -> str:
    """The label of a file that asks about one label alone, which a rejected row lacks; or ""."""
    labels = {row.get("label") for row in rows}
    asked = len(labels) == 1 and not any("accept" in row or "options" in row for row in rows)
    only = next(iter(labels)) if asked else None
    return only if isinstance(only, str) else ""


def _label(row: Row) -> Any:
    """The option that was accepted, by its identity, or its text where that is a number; several
    as a list; "not X" where the row asks about X and was rejected."""
    if isinstance(row.get("cats"), dict):
        return [name for name, value in row["cats"].items() if value]
    chosen = row.get("accept")
    if isinstance(chosen, list):
        texts = {
            one.get("id"): one.get("text")
            for one in row.get("options") or []
            if isinstance(one, dict) and isinstance(one.get("id"), int)
        }
        return [texts.get(one) or one for one in chosen]
    if isinstance(chosen, str):
        return chosen
    return f"not {row.get('label')}" if row.get("answer") == "reject" else row.get("label")


PRODIGY = Export("Prodigy", _recognise, _read)
