"""The cells of a spreadsheet where they stand: of workbooks, CSV and all other tables."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from .. import limits
from ..formats.delimited import delimiter_of
from ..formats.encodings import decoded
from ..formats.files import content_of, read_file
from ..formats.packed import is_workbook
from ..sheet import cell, shown

_NUMBER = r"\d{1,3}(?:[,'\u202f ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
KINDS = {
    "integer": re.compile(r"[-+]?(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)"),
    "number": re.compile(rf"[-+]?({_NUMBER})([eE][-+]?\d+)?"),
    "percent": re.compile(rf"[-+]?({_NUMBER})\s?%"),
    "currency": re.compile(rf"[-+]?[$€£¥]\s?[-+]?({_NUMBER})|[-+]?({_NUMBER})\s?[$€£¥]"),
    "date": re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./](\d{4}|\d\d)"),
    "date and time": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:?\d\d)?"),
    "time": re.compile(r"\d\d?:\d\d(:\d\d(\.\d+)?)?"),
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
}
"""What a cell looks like, the first that fits; all else is text."""

TEXT = "text"
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')

Place = tuple[int, int]
"""Row and column, both from 1."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells of one sheet that are not blank: what each shows, and of what kind it is.

    ``rows`` and ``columns`` count what is used. The cells of a merged region all show its value.
    """

    name: str
    cells: dict[Place, tuple[str, str]]

    @property
    def rows(self) -> int:
        """The last row that is not blank."""
        return max((row for row, _ in self.cells), default=0)

    @property
    def columns(self) -> int:
        """The last column that is not blank."""
        return max((column for _, column in self.cells), default=0)


def grids(path: Path) -> list[Grid]:
    """The sheets of a file that are not blank: of a workbook each, else one.

    Raises `UnderdogError` for a file that cannot be read, and where all sheets are blank.
    """
    content, inside = content_of(path)
    kind = Path(inside or path.name).suffix.lower()
    if is_workbook(content):
        found = list(_workbook(content, path))
    elif kind in (".csv", ".tsv", ".tab", ".txt"):
        text, _ = decoded(content, path)
        found = [_delimited(text, kind, path)]
    else:
        sheet = read_file(path)
        lines = zip(*sheet.columns.values(), strict=True)
        found = [_grid(sheet.name, [list(sheet.columns), *lines])]
    found = [grid for grid in found if grid.cells]
    if not found:
        raise UnderdogError(f"{path} has no cell that is not blank", f"look: head {path}")
    return found


def kind_of(shows: str) -> str:
    """Of what kind a cell is that shows ``shows``.

    >>> kind_of("1,204"), kind_of("3.5 %"), kind_of("2024-01-31"), kind_of("007")
    ('integer', 'percent', 'date', 'text')
    """
    if re.match(r"[-+]?0\d", shows) and not re.match(r"\d\d?[./:]", shows):
        return TEXT  # a code, which would lose its zeros
    return next((kind for kind, form in KINDS.items() if form.fullmatch(shows)), TEXT)


def column_name(column: int) -> str:
    """The letters of a column.

    >>> column_name(1), column_name(28)
    ('A', 'AB')
    """
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _delimited(text: str, kind: str, path: Path) -> Grid:
    delimiter = "\t" if kind in (".tsv", ".tab") else delimiter_of(text) if text.strip() else ","
    csv.field_size_limit(2**31 - 1)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnderdogError(
            f"{path} cannot be cut into cells: {error}",
            'write a quotation mark inside quotes twice ("")',
        ) from error
    return _grid(path.stem, rows)


def _grid(name: str, rows: Iterable[Sequence[Any]]) -> Grid:
    cells: dict[Place, tuple[str, str]] = {}
    for i, row in enumerate(rows, 1):
        limits.COLUMNS.check(len(row), name)
        for j, value in enumerate(row, 1):
            if text := shown(cell(value)).strip():
                cells[i, j] = (text, kind_of(text))
        limits.CELLS.check(len(cells), name, more=True)
    return Grid(name, cells)


def _workbook(content: bytes, path: Path) -> Iterator[Grid]:
    openpyxl = require("openpyxl", "excel")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            limits.BYTES.check(sum(item.file_size for item in archive.infolist()), f"{path}")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            for sheet in book.worksheets:
                if hasattr(sheet, "iter_rows"):  # else it is a chart
                    place = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
                    names = archive.namelist()
                    merged = MERGED.findall(archive.read(place)) if place in names else []
                    yield _sheet(sheet, merged)
    except UnderdogError:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise UnderdogError(
            f"{path} is not a whole Excel workbook: {str(error)[:200]}",
            f"open it, save it as CSV UTF-8, then: underdog sheet {path.stem}.csv",
        ) from error


def _sheet(sheet: Any, merged: Sequence[tuple[bytes, ...]]) -> Grid:
    cells: dict[Place, tuple[str, str]] = {}
    sheet.reset_dimensions()  # the size that the file states may be absurd
    for i, row in enumerate(sheet.iter_rows(), 1):
        limits.COLUMNS.check(len(row), sheet.title)
        for j, one in enumerate(row, 1):
            if one.value is not None and (read := _read(one.value, str(one.number_format)))[0]:
                cells[i, j] = read
        limits.CELLS.check(len(cells), sheet.title, more=True)
    for left, top, right, bottom in merged:
        first = int(top), _number(left)
        for place in _places(first, (int(bottom), _number(right))):
            if first in cells:
                cells[place] = cells[first]
    return Grid(sheet.title, cells)


def _read(value: Any, form: str) -> tuple[str, str]:
    """What a cell of a workbook shows, and its kind, by its type and by its number format."""
    if isinstance(value, datetime):
        whole = value.time() == time(0)
        said = value.date().isoformat() if whole else value.isoformat(" ", "seconds")
        return said, "date" if whole else "date and time"
    if isinstance(value, date | time | timedelta):
        return str(value), "date" if isinstance(value, date) else "time"
    text = shown(cell(value)).strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text, kind_of(text)
    if "%" in form:
        return text, "percent"
    if re.search(r"[$€£¥]", form):
        return text, "currency"
    return text, kind_of(text)


def _places(first: Place, last: Place) -> Iterator[Place]:
    for row in range(first[0], last[0] + 1):
        for column in range(first[1], last[1] + 1):
            yield row, column


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
