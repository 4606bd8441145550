"""JSON: one object per line, a list of objects, or an object that wraps or transposes one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from ...core.errors import UnderdogError
from .. import limits
from ..sheet import Sheet, cell
from .shapes import rows_of

FLAT = 'write flat objects: {"text": "…", "label": "…"}'
OBJECTS = 'write objects such as {"text": "…", "label": "…"}'
GAP = 1000
"""Blanks between two objects, at most."""

TRAILING = re.compile(r'"(?:[^"\\]|\\.)*"|,(\s*(?:[\]}]|\Z))', re.S)
"""A string, or a comma that nothing follows."""

LONGEST = 4300
"""Digits of a whole number; a longer one is text."""


def looks_like_json(text: str) -> bool:
    """Whether ``text`` begins like JSON: the first object or list of it is whole, or its start."""
    start = text[:1000].lstrip()
    if not start.startswith(("{", "[")):
        return False
    line = text.lstrip().partition("\n")[0]
    try:
        return isinstance(_parse(line), dict | list)
    except (ValueError, RecursionError):
        return start[1:].lstrip()[:1] in ('"', "{", "[") and ":" in start


def parse_json(text: str, name: str, lines: bool) -> Sheet:
    """The sheet of a JSON file; ``lines`` is what its name says, and the other way is tried too.

    Raises UnderdogError, with the line, where neither way succeeds.
    """
    if not text.strip():
        raise UnderdogError(
            f"{name} is empty", "give a file with one object per line: underdog compare t.jsonl"
        )
    several = "\n" in text.strip()
    first, second = (_lines, _whole) if lines and several else (_whole, _lines)
    try:
        return first(text, name)
    except _NotJson as error:
        for other in (second, _stream):
            with suppress(_NotJson):
                return other(text, name)
        raise UnderdogError(error.problem, error.hint) from error


class _NotJson(UnderdogError):
    """The text is no JSON of this kind; it may be of another."""


def _lines(text: str, name: str) -> Sheet:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{name}, line {number}"
            row = _loads(line, where)
            if not isinstance(row, dict) and number == 1:
                raise _NotJson(f"{where}: a {type(row).__name__}, not an object", OBJECTS)
            found.append((where, row))
    if len(found) == 1:  # one object that may hold all rows
        rows, notes = rows_of(found[0][1], name)
        return _sheet(((f"{name}, item {i}", row) for i, row in enumerate(rows, 1)), name, notes)
    return _sheet(found, name)


def _whole(text: str, name: str) -> Sheet:
    rows, notes = rows_of(_loads(text, name), name)
    return _sheet(((f"{name}, item {i}", row) for i, row in enumerate(rows, 1)), name, notes)


def _stream(text: str, name: str) -> Sheet:
    """Objects one after the other, each over several lines or all on one."""
    text = text.strip()
    decoder, at = json.JSONDecoder(parse_int=_whole_number), 0
    found: list[tuple[str, Any]] = []
    while at < len(text):
        try:
            row, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            raise _NotJson(f"{name}: not JSON: {error}", OBJECTS) from error
        found.append((f"{name}, item {len(found) + 1}", row))
        at += len(text[at : at + GAP]) - len(text[at : at + GAP].lstrip())
    return _sheet(found, name)


def _parse(text: str) -> Any:
    return json.loads(text, parse_int=_whole_number)


def _whole_number(digits: str) -> int | str:
    return digits if len(digits) > LONGEST else int(digits)


def _loads(text: str, where: str) -> Any:
    try:
        return _parse(text)
    except json.JSONDecodeError as error:
        with suppress(ValueError, RecursionError):
            return _parse(_without_commas(text))
        at = f", column {error.colno}" if "line" in where else f", line {error.lineno}"
        raise _NotJson(f"{where}{at}: not JSON: {error.msg}", OBJECTS) from error
    except RecursionError as error:
        raise UnderdogError(f"{where}: nested too deeply (about 1,000 levels)", FLAT) from error


def _without_commas(text: str) -> str:
    """``text`` without commas before a closing bracket, or at its end, that stand in no string."""
    kept, end = [], 0
    for found in TRAILING.finditer(text):
        if found[1] is not None:
            kept += [text[end : found.start()], found[1]]
            end = found.end()
    return "".join([*kept, text[end:]])


def _sheet(rows: Iterable[tuple[str, Any]], name: str, notes: Iterable[str] = ()) -> Sheet:
    """Columns out of objects; a key that an object lacks is a missing cell."""
    objects: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    for where, row in rows:
        if not isinstance(row, dict):
            raise UnderdogError(f"{where}: a {type(row).__name__}, not an object", OBJECTS)
        objects.append(row)
        names.update(dict.fromkeys(row))
        if len(names) > limits.COLUMNS.value:
            limits.COLUMNS.check(len(names), name, more=True)
    if not objects:
        raise UnderdogError(
            f"{name} is empty", "give a file with one object per line: underdog compare t.jsonl"
        )
    limits.CELLS.check(len(objects) * len(names), name)
    columns = [tuple([cell(o.get(key)) for o in objects]) for key in names]
    return Sheet.of(name, list(names), columns, tuple(notes))
