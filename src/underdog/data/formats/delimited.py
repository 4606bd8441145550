"""CSV and its relatives: which delimiter, which quotes, and rows that are all of one length."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...core.errors import UnderdogError
from .. import limits
from ..sheet import Sheet
from .header import HEADLESS, MOST, above, is_data, told

DELIMITERS = ",;\t|^\x01"
SAMPLE = 200_000
"""Characters from which the delimiter is chosen."""

SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n', re.I)
"""A first line that names the delimiter, as Excel writes it."""

LARGEST_CELL = 2**31 - 1

AGREED = 0.95
"""Share of the rows below lines above the header that must be of one length."""

LINE = 0.02
"""What a line above the header counts against a delimiter, as a share of rows."""

STANDARD: dict[str, Any] = {"strict": True}
BACKSLASH: dict[str, Any] = {"strict": True, "escapechar": "\\", "doublequote": False}
LITERAL: dict[str, Any] = {"quoting": csv.QUOTE_NONE}
SINGLE: dict[str, Any] = {"strict": True, "quotechar": "'"}
SPACED: dict[str, Any] = {"strict": True, "skipinitialspace": True}
NOTES = {
    id(BACKSLASH): ["quotes: escaped by backslashes"],
    id(LITERAL): ["quotes: kept"],
    id(SINGLE): ["quotes: single"],
}


def parse(text: str, name: str, delimiter: str = "") -> Sheet:
    """The sheet written in ``text``; every cell is a string, just as it stands there.

    The first line names the columns, titles above it and empty cells at the ends of rows left
    out. Quotes follow RFC 4180; where that fails, quotes escaped by backslashes are tried, and
    for tabs quotes that mean nothing. A row of another length than the header is refused by its
    line number.
    """
    text = text.removesuffix("\x1a").lstrip("\ufeff")  # the end of a file in DOS; further marks
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
    dialects = [_first(text, delimiter)]
    dialects += [BACKSLASH] if '\\"' in text else []
    dialects += [LITERAL] if delimiter == "\t" and '"' in text else []
    first: UnderdogError | None = None
    for dialect in dialects:
        try:
            found, left_out = _rows(text, name, len(skipped), delimiter=delimiter, **dialect)
        except UnderdogError as error:
            first = first or error
            continue
        header, *rows = found
        notes = skipped + left_out + NOTES.get(id(dialect), [])
        if rows and is_data(header, rows):
            header, rows, notes = [""] * len(header), found, [*notes, HEADLESS]
        columns = zip(*rows, strict=True) if rows else [() for _ in header]
        return Sheet.of(name, header, columns, notes)
    assert first is not None
    raise first


def _first(text: str, delimiter: str) -> dict[str, Any]:
    """The dialect to try first: by RFC 4180, with single quotes, or with spaces before quotes."""
    head = text[:SAMPLE]
    if re.match(rf"'[^'\n]*'(?:{re.escape(delimiter)} ?'[^'\n]*')+\r?\n'", head):
        return SINGLE
    spaced = re.search(rf'^"[^"\n]*"{re.escape(delimiter)} "', head, re.M)
    return SPACED if spaced else STANDARD


def delimiter_of(text: str) -> str:
    """The delimiter under which the most rows agree, some lines above them left out; the comma if
    none do."""
    lines = text[:SAMPLE].splitlines(keepends=True)
    lines = lines if len(text) <= SAMPLE else lines[:-1] or lines

    def agreement(delimiter: str) -> tuple[float, int]:
        with large_cells():
            counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        if max(counts, default=0) < 2:
            return -1.0, 0
        usual, times = Counter(n for n in counts if n > 1).most_common(1)[0]
        first = counts.index(usual)
        share = times / (len(counts) - first)
        if first and (first > MOST or share < AGREED):  # a sign in some texts, and no delimiter
            return -1.0, 0
        return share - LINE * first, usual

    return max(DELIMITERS, key=agreement)


def _rows(
    text: str, name: str, skipped: int = 0, **dialect: Any
) -> tuple[list[list[str]], list[str]]:
    """The header and the rows below it, and a note on what stands above it; empty lines are left
    out, and ``skipped`` lines were."""
    rows: list[list[str]] = []
    starts: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), **dialect)
    start = 1 + skipped
    cells, most = 0, limits.CELLS.value
    try:
        with large_cells():
            for row in reader:
                if row:
                    limits.COLUMNS.check(len(row), name)
                    rows.append(row)
                    starts.append(start)
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
    first = above(rows)
    return _even(rows[first:], starts[first:], name), told(rows[:first])


def _even(rows: list[list[str]], starts: list[int], name: str) -> list[list[str]]:
    """``rows`` of the header's length: empty cells behind it are cut, nameless ones filled in."""
    header = rows[0] if rows else []
    named = len(header)
    while named and not header[named - 1].strip():
        named -= 1
    for row, start in zip(rows, starts, strict=True):
        while len(row) > len(header) and not row[-1]:
            row.pop()
        if named <= len(row) < len(header):
            row += [""] * (len(header) - len(row))
        if len(row) != len(header):
            raise UnderdogError(
                f"{name}, line {start}: {len(row)} cells where the header has {len(header)}",
                f"put cells that hold a delimiter in quotes; see: sed -n {start}p {name}",
            )
    return rows


@contextmanager
def large_cells() -> Iterator[None]:
    """Lift the csv module's limit of 128 KB per cell, which is global, for a while."""
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
