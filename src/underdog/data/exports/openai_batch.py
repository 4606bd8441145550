"""Batch files of OpenAI and Anthropic: answers joined by ``custom_id`` with texts in a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from .export import Export, Reading, Row, all_have, counted, first_of
from .messages import answered, asked

ANSWER = ("response", "result")
REQUEST = ("body", "params")
"""Where the two protocols keep what was answered, and what was asked."""

LARGEST = 200_000_000
"""Bytes of a file beside a batch that is looked at."""

MOST = 200
"""Files beside a batch that are looked at."""


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    output = any(all_have(rows, key, dict) for key in ANSWER)
    request = any(all_have(rows, key, dict) for key in REQUEST)
    return "custom_id" in keys and (output or request)


def _read(rows: list[Row], path: Path | None) -> Reading | None:
    maker = "Anthropic" if {"result", "params"} & set(rows[0]) else "OpenAI"
    if not set(ANSWER) & set(rows[0]):
        found = [{"custom_id": r.get("custom_id"), "text": asked(_request(r))} for r in rows]
        told = f"read as the requests of an {maker} batch: text <- the last user message"
        return Reading(found, told, ("text",))
    wanted = {str(row.get("custom_id")) for row in rows}
    beside, name = _beside(path, wanted) if path else ({}, "")
    if not beside:
        folder = path.parent if path else Path()
        raise UnderdogError(
            f"{path or 'this'} holds the answers of an {maker} batch, but not the texts; no file "
            f"in {folder} has the same custom_id's",
            "put the requests (.jsonl), or a table with the columns custom_id, text and label, "
            f"into the same folder: ls {folder}",
        )
    found, counts = [], {"answers that failed": 0, "answers without a request": 0}
    for row in rows:
        answer = answered(_response(row))
        asked_row = beside.get(str(row.get("custom_id")))
        counts["answers that failed"] += answer is None
        counts["answers without a request"] += asked_row is None
        if asked_row is not None:
            found.append({**asked_row, "llm_answer": answer})
    told = (
        f"read as an {maker} batch: text <- {name} (joined by custom_id), llm_answer <- the "
        f"answers{counted(counts)}"
    )
    text = ("text",) if all("text" in row for row in found) else ()
    return Reading(found, told, text, None, frozenset({"custom_id", "llm_answer"}))


def _request(row: Row) -> object:
    return first_of(row, REQUEST)


def _response(row: Row) -> object:
    """The body of the response in a row; None where the request failed."""
    found = first_of(row, ANSWER)
    return first_of(found, ("body", "message")) if isinstance(found, dict) else None


def _beside(path: Path, wanted: set[str]) -> tuple[dict[str, Row], str]:
    """The rows of a file in the same folder that has these ``custom_id``s, and its name.

    A table with a label is preferred to requests without.
    """
    best: tuple[int, dict[str, Row], str] = (0, {}, "")
    for other in sorted(path.parent.iterdir())[:MOST]:
        if other == path or other.suffix.lower() not in (".jsonl", ".csv", ".json"):
            continue
        try:
            if not other.is_file() or other.stat().st_size > LARGEST:
                continue
            rows = _rows(other, wanted)
        except (OSError, ValueError, csv.Error, RecursionError):
            continue
        found = {key: row for key, row in rows.items() if key in wanted}
        rank = 2 * len(found) + (set(next(iter(found.values()), {})) > {"custom_id", "text"})
        if rank > best[0]:
            best = (rank, found, other.name)
    return best[1], best[2]


def _rows(path: Path, wanted: set[str]) -> dict[str, Row]:
    """The rows of a file by ``custom_id``, or by another column that holds all ``wanted`` ones;
    requests are reduced to the text they ask about."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        listed: list[Any]
        if path.suffix.lower() == ".csv":
            listed = list(csv.DictReader(file))
        elif path.suffix.lower() == ".json":
            listed = json.load(file)
        else:
            listed = [json.loads(line) for line in file if line.strip()]
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    key = "custom_id" if any("custom_id" in row for row in rows) else _key(rows, wanted)
    found = {}
    for row in rows:
        if key not in row or ("custom_id" in row and set(ANSWER) & set(row)):
            continue
        body = _request(row) if "custom_id" in row else None
        short = {"custom_id": row[key], "text": asked(body)} if body else row
        found[str(row[key])] = short
    return found


def _key(rows: list[Row], wanted: set[str]) -> str:
    """The column that holds each of the ``wanted`` ids once; "" if none does."""
    for key in rows[0] if rows else ():
        values = [str(row.get(key)) for row in rows]
        if len(set(values)) == len(values) and wanted <= set(values):
            return str(key)
    return ""


OPENAI_BATCH = Export("OpenAI batch", _recognise, _read)
