"""JSON: one object per line, or one list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..core.errors import UnderdogError
from .sheet import Sheet, cell


def parse_lines(text: str, name: str) -> Sheet:
    """The sheet of a JSONL file: one object per line, empty lines left out."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            found.append((f"{name}, line {number}", _loads(line, f"{name}, line {number}")))
    return _sheet(found, name)


def parse_list(text: str, name: str) -> Sheet:
    """The sheet of a JSON file that holds one list of objects."""
    rows = _loads(text, name) if text.strip() else []
    if not isinstance(rows, list):
        raise UnderdogError(
            f"{name} holds one {type(rows).__name__}, not a list of objects",
            f"write one object per line: jq -c '.[]' {name} > rows.jsonl",
        )
    return _sheet(((f"{name}, item {i}", row) for i, row in enumerate(rows, 1)), name)


def _loads(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = f", column {error.colno}" if "line" in where else f", line {error.lineno}"
        raise UnderdogError(
            f"{where}{at}: not JSON: {error.msg}",
            'write objects such as {"text": "…", "label": "…"}',
        ) from error
    except RecursionError as error:
        raise UnderdogError(
            f"{where}: nested too deeply", 'write flat objects: {"text": "…", "label": "…"}'
        ) from error


def _sheet(rows: Iterable[tuple[str, Any]], name: str) -> Sheet:
    """Columns out of objects; a key that an object lacks is a missing cell."""
    objects: list[dict[str, Any]] = []
    for where, row in rows:
        if not isinstance(row, dict):
            raise UnderdogError(
                f"{where}: a {type(row).__name__}, not an object",
                'write objects such as {"text": "…", "label": "…"}',
            )
        objects.append(row)
    if not objects:
        raise UnderdogError(
            f"{name} is empty", "give a file with one object per line: underdog compare t.jsonl"
        )
    names = list(dict.fromkeys(key for row in objects for key in row))
    return Sheet.of(name, names, [tuple([cell(o.get(k)) for o in objects]) for k in names])
