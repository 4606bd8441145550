"""Label Studio: JSON with annotations, and the flat JSON-MIN and CSV exports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .export import Export, Reading, Row, all_have, counted

FLAT = frozenset({"annotation_id", "annotator", "lead_time", "created_at", "updated_at", "id"})
"""Columns of the flat exports that are neither data nor a label."""


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    nested = "data" in keys and ("annotations" in keys or "completions" in keys)
    return (nested and all_have(rows, "data", dict)) or {"annotation_id", "lead_time"} <= keys


def _read(rows: list[Row], path: Path | None) -> Reading | None:
    if "data" in rows[0] and ("annotations" in rows[0] or "completions" in rows[0]):
        return _nested(rows)
    found = [{key: choices(value) for key, value in row.items()} for row in rows]
    free = [key for key in found[0] if key not in FLAT]
    told = f"read as a Label Studio export: columns {', '.join(map(repr, free))}"
    return Reading(found, told, unguessed=FLAT)


def _nested(rows: list[Row]) -> Reading:
    found: list[Row] = []
    names: dict[str, None] = {}
    counts = {"tasks without annotation": 0, "tasks with annotations that differ": 0}
    for row in rows:
        given = [a for a in row.get("annotations") or row.get("completions") or [] if _counts(a)]
        given.sort(key=lambda a: not a.get("ground_truth"))
        read = [_results(annotation) for annotation in given]
        labels = next((labels for labels in read if labels), {})
        counts["tasks without annotation"] += not labels
        counts["tasks with annotations that differ"] += any(r != labels for r in read if r)
        names.update(dict.fromkeys(labels))
        said = _results((row.get("predictions") or [{}])[0])
        data = row.get("data") or {}
        data = {key: value for key, value in data.items() if key not in labels}
        found.append({**data, **labels, **{f"{key}.prediction": v for key, v in said.items()}})
    label = next(iter(names)) if len(names) == 1 else None
    strings = {k: None for row in rows[:100] for k, v in row["data"].items() if _text(v)}
    texts = [key for key in strings if key not in names]
    told = (
        f"read as a Label Studio export: text <- {_listed('data.', texts)}, "
        f"label <- annotations[0] {_listed('', list(names))}{counted(counts)}"
    )
    predicted = frozenset(key for row in found for key in row if key.endswith(".prediction"))
    return Reading(found, told, (texts[0],) if len(texts) == 1 else (), label, predicted)


def _counts(annotation: Any) -> bool:
    return isinstance(annotation, dict) and not annotation.get("was_cancelled")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _listed(prefix: str, names: Sequence[str]) -> str:
    return ", ".join(f"{prefix}{name}" for name in names) or "none"


def _results(annotation: Row) -> Row:
    """The labels of one annotation, by the name of the control that gave them.

    Spans are lists of their start, end and label.
    """
    found: Row = {}
    for result in annotation.get("result") or []:
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict):
            continue
        name = str(result.get("from_name") or "label")
        if "start" in value:
            marks = value.get("labels") or value.get("hypertextlabels") or [None]
            found.setdefault(name, []).append([value["start"], value.get("end"), marks[0]])
        elif (label := choices(value)) is not value:
            found[name] = label
    return found


def choices(value: Any) -> Any:
    """What ``{"choices": [...]}`` and its relatives hold; every other value as it is."""
    if isinstance(value, dict):
        for key in ("choices", "rating", "number"):
            if key in value:
                return value[key]
        if isinstance(value.get("taxonomy"), list):
            paths = value["taxonomy"]
            return [" / ".join(map(str, p)) if isinstance(p, list) else p for p in paths]
    return value


LABEL_STUDIO = Export("Label Studio", _recognise, _read)
