"""Rows as a file: CSV, TSV, JSONL, Parquet or Excel, chosen by the ending of its name."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from ...core.errors import UnderdogError
from ...runtime import files
from ...runtime.extras import require

Row = dict[str, Any]
PART = 5_000


def write(path: Path, rows: Iterator[Row]) -> None:
    """Write ``rows`` to ``path``: whole, or not at all. The first row names the columns."""
    with files.file(path) as fresh:
        WRITERS[path.suffix.lower()](fresh, rows)


def check_ending(path: Path) -> None:
    """Refuse a name whose ending is no known format."""
    if path.suffix.lower() not in WRITERS:
        raise UnderdogError(
            f"{path}: the name ends in none of {', '.join(WRITERS)}",
            "choose a format by the name: --out labelled.csv",
        )


def stream(file: IO[str], rows: Iterator[Row], delimiter: str = ",") -> None:
    """Rows as CSV into an open file, as they come."""
    first = next(rows, None)
    if first is None:
        return
    lines = csv.DictWriter(
        file, list(first), delimiter=delimiter, extrasaction="ignore", lineterminator="\n"
    )
    lines.writeheader()
    for row in chain([first], rows):
        lines.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _csv(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        stream(file, rows)


def _tsv(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        stream(file, rows, "\t")


def _jsonl(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _parquet(path: Path, rows: Iterator[Row]) -> None:
    pa, pq = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")

    writer = None
    try:
        while part := list(islice(rows, PART)):
            table = pa.Table.from_pylist(part)
            table = table if writer is None else table.cast(writer.schema)
            writer = writer or pq.ParquetWriter(path, _nullable(table.schema))
            writer.write_table(table.cast(writer.schema))
    except pa.ArrowException as error:
        raise UnderdogError(
            f"the rows do not fit one Parquet table: {error}", "write another format: --out X.jsonl"
        ) from error
    finally:
        if writer is not None:
            writer.close()


def _nullable(schema: Any) -> Any:
    """A schema in which a column without any value so far holds text, not nothing."""
    pa = require("pyarrow", "parquet")

    kinds = [(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in schema]
    return pa.schema(kinds)


def _excel(path: Path, rows: Iterator[Row]) -> None:
    Workbook = require("openpyxl", "excel").Workbook
    book = Workbook(write_only=True)
    sheet = book.create_sheet("labelled")
    for number, row in enumerate(rows):
        if not number:
            sheet.append(list(row))
        sheet.append([_cell(value) for value in row.values()])
    book.save(path)


WRITERS: dict[str, Callable[[Path, Iterator[Row]], None]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
    ".xlsx": _excel,
}
