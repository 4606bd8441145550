"""Excel workbooks (.xlsx): the first sheet that is a table, or one sheet for each part."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from .. import limits
from ..sheet import Cell, Sheet, cell, shown
from ..splits import part_of
from .header import HEADLESS, above, is_data, told

SMALL = 5
"""How many times as many rows another sheet may have for a sheet to be the table."""

ROWS = 1 << 20
"""Rows that Excel allows in a sheet."""

DENSE, FREE = 100, 1 << 24
"""How many times its size a workbook may have inside, beyond so many bytes. It takes far longer to
parse than to unpack."""

Row = list[Cell]


def parse_workbook(content: bytes, name: str) -> Sheet:
    """The sheet of a workbook; formulas are read as the values that Excel last computed.

    Raises UnderdogError without openpyxl (the extra ``excel``), and for a broken workbook.
    """
    openpyxl = require("openpyxl", "excel")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # it gives no more than declared
            declared = sum(item.file_size for item in archive.infolist())
        limits.BYTES.check(declared, f"{name}, unpacked,")
        if declared > max(FREE, DENSE * len(content)):
            raise UnderdogError(
                f"{name} has {declared:,} bytes inside, which is no workbook of {len(content):,}",
                "open it and save it as CSV UTF-8, then: underdog compare tickets.csv",
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that do not concern us
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            found = {sheet.title: _rows(sheet, name) for sheet in book.worksheets}
    except UnderdogError:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        reason = str(error).splitlines() or [type(error).__name__]
        raise UnderdogError(
            f"{name} is not a whole Excel workbook: {reason[0][:200]}",
            "open it and save it as CSV UTF-8, then: underdog compare tickets.csv",
        ) from error
    if parts := _parts(found):
        return _joined(parts, name)
    title, rows = _chosen(found)
    if not rows:
        raise UnderdogError(
            f"{name} is empty", "give a sheet with a header and rows: underdog compare tickets.xlsx"
        )
    first = above(rows)
    notes = [f"sheet {title!r} of {len(found)} is read"] if len(found) > 1 else []
    return _sheet(rows[first:], name, [*notes, *told(rows[:first])])


def _sheet(rows: list[Row], name: str, notes: list[str]) -> Sheet:
    """The sheet whose header is the first of ``rows``, without columns that are all empty."""
    width = max(map(len, rows))
    padded = [[*row, *[None] * (width - len(row))] for row in rows]
    header, *body = padded
    if body and is_data(header, body):
        header, body, notes = [None] * width, padded, [*notes, HEADLESS]
    used = [i for i in range(width) if shown(header[i]) or any(shown(row[i]) for row in body)]
    named = [shown(header[i]) or f"column {i + 1}" for i in used]
    return Sheet.of(name, named, [tuple([row[i] for row in body]) for i in used], notes)


def _chosen(found: Mapping[str, list[Row]]) -> tuple[str, list[Row]]:
    """The first sheet that is a table, and not a few lines beside a far larger one."""
    most = max(map(len, found.values()), default=0)
    for title, rows in found.items():
        if len(rows) * SMALL >= most and any(len(row) > 1 for row in rows):
            return title, rows
    return next(((title, rows) for title, rows in found.items() if rows), ("", []))


def _parts(found: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """The sheets, where each is named after a part (train, test) and all have one header."""
    headers = {tuple(map(shown, rows[0])) for rows in found.values() if rows}
    named = all(part_of(title) for title in found) and all(found.values())
    return dict(found) if len(found) > 1 and named and len(headers) == 1 else {}


def _joined(found: Mapping[str, list[Row]], name: str) -> Sheet:
    """One sheet of several parts, with a column "split" that names them."""
    header = next(iter(found.values()))[0]
    rows = [
        [title, *row, *[None] * (len(header) - len(row))]
        for title, rows in found.items()
        for row in rows[1:]
    ]
    notes = [f"sheets: {', '.join(map(repr, found))}, as the column 'split'"]
    return _sheet([["split", *header], *rows], name, notes)


def _rows(sheet: Any, name: str) -> list[Row]:
    """The rows that are not empty, without the empty cells at their ends."""
    if not hasattr(sheet, "iter_rows"):  # a sheet that is a chart
        return []
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # the size that the file states may be absurd
    rows, cells = [], 0
    for seen, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if seen > ROWS:
            raise UnderdogError(
                f"{name} has more than {ROWS:,} rows in a sheet, which Excel does not allow",
                "save it as CSV UTF-8, then: underdog compare tickets.csv",
            )
        cells += len(row)
        limits.CELLS.check(max(cells, seen), name, more=True)
        values = [None if value is None else cell(value) for value in row]
        while values and (values[-1] is None or values[-1] == ""):
            values.pop()
        if values:
            limits.COLUMNS.check(len(values), name)
            rows.append(values)
    return rows
