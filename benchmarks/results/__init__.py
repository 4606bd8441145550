"""Results that README and docs quote, one JSON file each; `keep` and `by_row` write them.

A file holds the command that printed the numbers, the date, and either named ``values`` or a table.
A benchmark writes its file when it is run with ``--keep``: times that are measured on a busy
machine should not get into a document by accident. ``python -m tools.numbers`` fills the documents.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.data import root, table

Row = Callable[[], Sequence[Any]]
"""Measures one line of a table, four cells; or several lines."""

HERE = Path(__file__).resolve().parent


def keep(name: str, command: str, values: dict[str, str]) -> None:
    """Write ``values``, as they shall be printed, to NAME.json, if ``--keep`` was typed."""
    if "--keep" not in sys.argv:
        return
    result = {"command": command, "date": date.today().isoformat(), "values": values}
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, "utf-8")


def by_row(
    name: str,
    title: str,
    header: Sequence[str],
    rows: Mapping[str, Row],
    asked: Sequence[str] | None = None,
) -> None:
    """Measure the rows that are typed, or those of ``rows`` that are missing; print all of them.

    A command with options of its own says in ``asked`` which rows were typed.

    Each is written to NAME.json as soon as it is measured, so the command can be stopped and typed
    again. Another process may keep other rows meanwhile.
    """
    root()
    typed = sys.argv[1:] if asked is None else asked
    for chosen in typed or [row for row in rows if row not in done(name)]:
        if chosen not in rows:
            sys.exit(f"no row {chosen!r}\n  hint: one of {', '.join(rows)}")
        measured = [one if isinstance(one, str) else list(one) for one in rows[chosen]()]
        keep_row(name, header, [*rows], chosen, measured)
    print(table(title, list(header), _lines(rows, done(name))))


def keep_row(
    name: str, header: Sequence[str], rows: Sequence[str], row: str, measured: Sequence[Any]
) -> None:
    """Write one row to NAME.json, in its place among the ``rows`` that there can be."""
    known = {**done(name), row: list(measured)}
    result = {
        "command": f"python -m benchmarks.{name}",
        "date": date.today().isoformat(),
        "header": list(header),
        "align": "lllr",
        "rows": _lines(rows, known),
        "done": known,
    }
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, "utf-8")


def done(name: str) -> dict[str, Any]:
    """The rows of NAME.json that were measured, by name; none where there is no such file."""
    path = HERE / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))["done"] if path.exists() else {}
    return found


def _lines(rows: Iterable[str], done: Mapping[str, Any]) -> list[list[str]]:
    """The lines of the table, in the order of ``rows``."""
    found: list[list[str]] = []
    for name in rows:
        kept = done.get(name, [])
        found += [kept] if kept and isinstance(kept[0], str) else kept
    return found
