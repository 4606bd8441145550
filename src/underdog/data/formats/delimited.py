"""CSV and its relatives: which delimiter, which quotes, and rows that are all of one length."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...core.errors import UnderdogError
from .. import limits
from ..sheet import Sheet

DELIMITERS = ",;\t|"
SAMPLE = 200_000
"""Characters from which the delimiter is chosen."""

SEPARATOR = re.compile(r"sep=(.)\r?\n", re.I)
"""A first line that names the delimiter, as Excel writes it."""

LARGEST_CELL = 2**31 - 1

STANDARD: dict[str, Any] = {"strict": True}
BACKSLASH: dict[str, Any] = {"strict": True, "escapechar": "\\", "doublequote": False}
LITERAL: dict[str, Any] = {"quoting": csv.QUOTE_NONE}


def parse(text: str, name: str, delimiter: str = "") -> Sheet:
    """The sheet written in ``text``; every cell is a string, just as it stands there.

    The first line names the columns. Quotes follow RFC 4180; where that fails, quotes escaped
    by backslashes are tried, and for tabs quotes that mean nothing. A row of another length
    than the header is refused by its line number.
    """
    if (at := text.find("\0")) >= 0:
        raise UnderdogError(
            f"{name}, line {_line(text, at)}: a NUL byte, which no text file has",
            f"remove it: tr -d '\\000' < {name} > clean.csv",
        )
    if not text.strip():
        raise UnderdogError(
            f"{name} is empty", "give a file with a header and rows: underdog compare tickets.csv"
        )
    skipped = []
    if told := SEPARATOR.match(text):  # written by Excel for itself
        text, delimiter = text[told.end() :], told[1]
        skipped = [f"first line skipped: it names the delimiter, {delimiter!r}"]
    delimiter = delimiter or delimiter_of(text)
    dialects = [STANDARD]
    dialects += [BACKSLASH] if '\\"' in text else []
    dialects += [LITERAL] if delimiter == "\t" and '"' in text else []
    first: UnderdogError | None = None
    for dialect in dialects:
        try:
            found = _rows(text, name, len(skipped), delimiter=delimiter, **dialect)
        except UnderdogError as error:
            first = first or error
            continue
        header, *rows = found
        columns = zip(*rows, strict=True) if rows else [() for _ in header]
        notes = {id(BACKSLASH): ["quotes: escaped by backslashes"], id(LITERAL): ["quotes: kept"]}
        return Sheet.of(name, header, columns, skipped + notes.get(id(dialect), []))
    assert first is not None
    raise first


def delimiter_of(text: str) -> str:
    """The delimiter under which the most rows agree with the header; the comma if none does."""
    lines = text[:SAMPLE].splitlines(keepends=True)
    lines = lines if len(text) <= SAMPLE else lines[:-1] or lines

    def agreement(delimiter: str) -> tuple[float, int]:
        with _large_cells():
            counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        header, rest = counts[0], counts[1:]
        same = sum(count == header for count in rest) / max(len(rest), 1)
        return (same, header) if header > 1 else (-1.0, 0)

    return max(DELIMITERS, key=agreement)


def _rows(text: str, name: str, skipped: int = 0, **dialect: Any) -> list[list[str]]:
    """The header and the rows below it, empty lines left out; ``skipped`` lines stand above."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), **dialect)
    start = 1 + skipped
    cells, most = 0, limits.CELLS.value
    try:
        with _large_cells():
            for row in reader:
                if row and rows and len(row) != len(rows[0]):
                    raise UnderdogError(
                        f"{name}, line {start}: {len(row)} cells where the header has "
                        f"{len(rows[0])}",
                        f"put cells that hold a delimiter in quotes; see: sed -n {start}p {name}",
                    )
                if row and not rows:
                    limits.COLUMNS.check(len(row), name)
                if row:
                    rows.append(row)
                    cells += len(row)
                if cells > most:
                    limits.CELLS.check(cells, name, more=True)
                start = reader.line_num + 1 + skipped
    except csv.Error as error:
        what = "a quotation mark is opened and never closed"
        if "end of data" not in str(error):
            what = "a quotation mark stands inside a quoted cell"
        raise UnderdogError(
            f"{name}, line {start}: {what}",
            f'write a quotation mark inside quotes twice (""); see: sed -n {start}p {name}',
        ) from error
    return rows


@contextmanager
def _large_cells() -> Iterator[None]:
    """Lift the csv module's limit of 128 KB per cell, which is global, for a while."""
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
