"""Excel workbooks (.xlsx): the first sheet that has rows, read row by row."""

from __future__ import annotations

import io
import warnings
import zipfile
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from .. import limits
from ..sheet import Sheet, cell


def parse_workbook(content: bytes, name: str) -> Sheet:
    """The sheet of a workbook; formulas are read as the values that Excel last computed.

    Raises UnderdogError without openpyxl (the extra ``excel``), and for a broken workbook.
    """
    openpyxl = require("openpyxl", "excel")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # it gives no more than declared
            declared = sum(item.file_size for item in archive.infolist())
        limits.BYTES.check(declared, f"{name}, unpacked,")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that do not concern us
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            found = [(sheet.title, _rows(sheet, name)) for sheet in book.worksheets[:1]]
            for sheet in book.worksheets[1:]:
                found = found if found[0][1] else [(sheet.title, _rows(sheet, name))]
            others = [s.title for s in book.worksheets if not found or s.title != found[0][0]]
    except UnderdogError:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        reason = str(error).splitlines() or [type(error).__name__]
        raise UnderdogError(
            f"{name} is not a whole Excel workbook: {reason[0][:200]}",
            "open it and save it as CSV UTF-8, then: underdog compare tickets.csv",
        ) from error
    title, rows = found[0] if found else ("", [])
    if not rows:
        raise UnderdogError(
            f"{name} is empty", "give a sheet with a header and rows: underdog compare tickets.xlsx"
        )
    header, *body = rows
    width = max(len(header), *(len(row) for row in body)) if body else len(header)
    names = ["" if value is None else str(value) for value in header] + [""] * (width - len(header))
    padded = [row + [None] * (width - len(row)) for row in body]
    notes = [f"sheet {title!r} of {1 + len(others)} is read"] if others else []
    columns = [tuple([row[i] for row in padded]) for i in range(width)]
    return Sheet.of(name, names, columns, notes)


def _rows(sheet: Any, name: str) -> list[list[str | float | None]]:
    """The rows that are not empty, without the empty cells at their ends."""
    if not hasattr(sheet, "iter_rows"):  # a sheet that is a chart
        return []
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # the size that the file states may be absurd
    rows, cells = [], 0
    for seen, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells += len(row)
        limits.CELLS.check(max(cells, seen), name, more=True)
        values = [None if value is None else cell(value) for value in row]
        while values and (values[-1] is None or values[-1] == ""):
            values.pop()
        if values:
            limits.COLUMNS.check(len(values), name)
            rows.append(values)
    return rows
