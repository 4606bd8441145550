"""What a JSON document holds: a list of rows, a wrapper around one, or one of pandas' orients."""

from __future__ import annotations

from typing import Any

from ...core.errors import UnderdogError
from .. import limits
from ..splits import part_of
from .header import SAMPLE, is_data

Row = dict[str, Any]
DEPTH = 4
"""Wrappers inside each other that are opened."""


def rows_of(document: Any, name: str) -> tuple[list[Any], list[str]]:
    """The rows in ``document``, and a note that says where they were found.

    Understands a list of objects, a list of lists whose first names the columns, pandas' orients
    (records, split, table, columns, index, list), one list per part (train, test), and any object
    with one list of objects in it. An object alone is one row.
    """
    if isinstance(document, list):
        return _listed(document)
    if not isinstance(document, dict):
        raise UnderdogError(
            f"{name} holds one {type(document).__name__}, not a list of objects",
            'write objects such as {"text": "…", "label": "…"}',
        )
    for shape in (_split, _parts, _columns, _mappings):
        if found := shape(document, name):
            return found
    lists = _object_lists(document)
    if len(lists) == 1:
        where, rows = lists[0]
        if "schema" in document:  # pandas' table orient: its index is no column
            keys = (
                document["schema"].get("primaryKey")
                if isinstance(document["schema"], dict)
                else None
            )
            index = {"index", "level_0"} & set(keys or ()) if isinstance(keys, list) else set()
            rows = [{k: v for k, v in row.items() if k not in index} for row in rows]
        return rows, [f"rows: the list {where!r}"]
    if lists:
        names = ", ".join(repr(where) for where, _ in lists[:5])
        raise UnderdogError(
            f"{name} holds {len(lists)} lists of objects ({names}), not one",
            f"choose one of them: jq -c '.{lists[0][0]}[]' {name} > rows.jsonl",
        )
    raise UnderdogError(
        f"{name} holds one object with the keys {', '.join(map(repr, list(document)[:5]))}, "
        "not a list of objects",
        "write one object per line, such as " + '{"text": "…", "label": "…"}',
    )


def _listed(document: list[Any]) -> tuple[list[Any], list[str]]:
    """A list of objects as it is; a list of lists as a table under its first.

    Lists of a text and an object, as spaCy learns from, are objects with a text.
    """
    head = document[0] if document else None
    if document and all(_is_annotated(row) for row in document):
        return [{"text": row[0], **row[1]} for row in document], [
            "rows: a text and an object with what is said of it"
        ]
    lists = all(isinstance(row, list) for row in document[:SAMPLE])
    if lists and head and is_data(head, [row for row in document[1:] if len(row) == len(head)]):
        head = [f"column {i}" for i in range(1, len(head) + 1)]
        document = [head, *document]
    if not (
        isinstance(head, list)
        and len(head) > 1
        and all(isinstance(key, str) for key in head)
        and len(set(head)) == len(head)
        and all(isinstance(row, list) and len(row) == len(head) for row in document)
    ):
        return document, []
    return [dict(zip(head, row, strict=True)) for row in document[1:]], [
        "columns: named by the first list"
    ]


def _is_annotated(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 2
        and isinstance(row[0], str)
        and isinstance(row[1], dict)
        and "text" not in row[1]
    )


def _split(document: Row, name: str) -> tuple[list[Row], list[str]] | None:
    """pandas' split orient: ``{"columns": [...], "index": [...], "data": [[...]]}``."""
    keys, data = document.get("columns"), document.get("data")
    if not (isinstance(keys, list) and isinstance(data, list) and data):
        return None
    if not all(isinstance(row, list) and len(row) == len(keys) for row in data):
        return None
    limits.COLUMNS.check(len(keys), name)
    names = [".".join(map(str, key)) if isinstance(key, list) else str(key) for key in keys]
    return [dict(zip(names, row, strict=True)) for row in data], ["rows: 'data' under 'columns'"]


def _parts(document: Row, name: str) -> tuple[list[Row], list[str]] | None:
    """One list of objects for each part: ``{"train": [...], "test": [...]}``."""
    if len(document) < 2 or not all(part_of(str(key)) for key in document):
        return None
    if not all(_objects(rows) for rows in document.values()):
        return None
    found = [{**row, "split": key} for key, rows in document.items() for row in rows]
    return found, [f"parts: {', '.join(map(repr, document))}, as the column 'split'"]


def _columns(document: Row, name: str) -> tuple[list[Row], list[str]] | None:
    """One list of plain values for each column, all of one length."""
    lists = [value for value in document.values() if isinstance(value, list)]
    if len(lists) < 2 or len(lists) < len(document):
        return None
    length = len(lists[0])
    if not length or any(len(value) != length for value in lists):
        return None
    if any(isinstance(one, dict) for value in lists for one in value[:1]):
        return None
    limits.CELLS.check(length * len(document), name)
    found = [{key: value[i] for key, value in document.items()} for i in range(length)]
    return found, ["rows: one list for each column"]


def _mappings(document: Row, name: str) -> tuple[list[Row], list[str]] | None:
    """pandas' columns orient (a column maps index to value) or index orient (the other way)."""
    values = list(document.values())
    if not values or not all(isinstance(value, dict) and value for value in values):
        return None
    inner = list(values[0])
    if len(values) > 1 and any(set(value) != set(inner) for value in values[:100]):
        return None
    if any(isinstance(one, dict | list) for value in values[:20] for one in value.values()) and (
        not _numbered(document) and not _numbered(inner)
    ):
        return None
    by_column = _numbered(inner) and not _numbered(document)
    by_index = _numbered(document) and not _numbered(inner)
    if len(values) == 1 and not by_column and not by_index:
        return None  # one wrapped object
    if by_column or (not by_index and len(inner) > len(values)):
        limits.COLUMNS.check(len(document), name)
        limits.CELLS.check(len(document) * len(inner), name)
        found = [{key: value.get(i) for key, value in document.items()} for i in inner]
        return found, ["rows: one object for each column (pandas' columns orient)"]
    return values, ["rows: one object for each row (pandas' index orient)"]


def _numbered(keys: Any) -> bool:
    return all(str(key).isdigit() for key in keys)


def _object_lists(document: Row) -> list[tuple[str, list[Row]]]:
    """Lists of objects in ``document`` with their path; the outermost, where there are any."""
    level: list[tuple[str, Row]] = [("", document)]
    for _ in range(DEPTH):
        inside = [(f"{at}.{k}".lstrip("."), v) for at, row in level for k, v in row.items()]
        if found := [(at, value) for at, value in inside if _objects(value)]:
            return found
        level = [(at, value) for at, value in inside if isinstance(value, dict)][:1000]
    return []


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
