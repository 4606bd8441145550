"""Files cut into pieces that can be read alone: where each begins and how many rows it has."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from ...core.errors import UnderdogError
from ...data import limits
from ...data.formats.delimited import delimiter_of, large_cells
from ...data.formats.frames import written_out
from ...runtime.extras import require
from ...runtime.registry import register
from .formats import kind_of

Row = dict[str, Any]

SMALL, LARGE = 4 << 20, 32 << 20
"""Bytes of a piece, in a small pool and in one of more than `MANY` bytes."""

MANY = 256 << 20
MARK = b"\xef\xbb\xbf"


@register("curation.piece")
@dataclass(frozen=True)
class Piece:
    """Rows that are read together: bytes ``start`` to ``stop`` of ``path``, or a group of rows.

    ``first`` is the place of its first row in the pool, ``rows`` how many there are. ``name`` is
    the file that the user gave; ``path`` may be an unpacked copy of it.
    """

    name: str
    path: str
    kind: str
    start: int
    stop: int
    first: int
    rows: int
    columns: tuple[str, ...] = ()
    mark: str = ","


def cut(path: Path, name: str, size: int, first: int) -> Iterator[Piece]:
    """The pieces of ``path``, of about ``size`` bytes, whose rows are counted from ``first`` on."""
    kind = kind_of(path)[0]
    if kind == "parquet":
        yield from _groups(path, name, size, first)
        return
    columns: tuple[str, ...] = ()
    mark = "\t" if kind == "tsv" else ","
    with path.open("rb") as file:
        if file.read(3) != MARK:
            file.seek(0)
        if kind in ("csv", "tsv"):
            columns, mark = _header(file, kind, name)
        make = partial(Piece, name, str(path), kind, columns=columns, mark=mark)
        start, rows = file.tell(), 0
        for end in _ends(file, start, quoted=kind in ("csv", "tsv")):
            rows += 1
            if end - start >= size:
                yield make(start=start, stop=end, first=first, rows=rows)
                start, first, rows = end, first + rows, 0
        if rows:
            yield make(start=start, stop=file.tell(), first=first, rows=rows)


def read(piece: Piece) -> list[Row | None]:
    """The rows of ``piece``, as dictionaries of cells; None for one that cannot be read."""
    if piece.kind == "parquet":
        return [*group(piece).to_pylist()]
    lines = raw(piece)
    if piece.kind == "text":
        return [{"text": decoded(line).rstrip("\r\n")} for line in lines]
    if piece.kind == "jsonl":
        return [_object(line) for line in lines]
    found: list[Row | None] = []
    for line in lines:
        cells = cells_of(line, piece.mark)
        fits = len(cells) == len(piece.columns)
        found.append(dict(zip(piece.columns, cells, strict=True)) if fits else None)
    return found


def raw(piece: Piece) -> list[bytes]:
    """The rows of ``piece`` as they stand in the file."""
    with open(piece.path, "rb") as file:
        file.seek(piece.start)
        lines = io.BytesIO(file.read(piece.stop - piece.start)).readlines()
    return [*_joined(lines)] if piece.kind in ("csv", "tsv") else lines


def group(piece: Piece) -> Any:
    """The rows of a Parquet piece, as a table of Arrow.

    Raises `UnderdogError` for damaged ones, and for texts that are too long once written out: in a
    file, equal texts take the room of one.
    """
    pa, pq = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")
    try:
        with pq.ParquetFile(piece.path) as file:
            plain = file.schema_arrow
        texts = [field.name for field in plain if pa.types.is_string(field.type)]
        with pq.ParquetFile(piece.path, read_dictionary=texts) as file:
            table = file.read_row_groups(range(piece.start, piece.stop))
            parts = (part for column in table.columns for part in column.chunks)
            limits.BYTES.check(sum(map(written_out, parts)), f"{piece.name}, unpacked,")
            return table.cast(plain)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnderdogError(
            f"{piece.name} is damaged: {str(error).splitlines()[0]}", "copy it again"
        ) from error


def decoded(line: bytes) -> str:
    """A line as text: UTF-8, else Windows-1252, so that a file may hold both."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def cells_of(line: bytes, mark: str) -> list[str]:
    """The cells of a line of CSV, of any length; none of one that cannot be read."""
    with large_cells():
        try:
            return next(csv.reader([decoded(line)], delimiter=mark), [])
        except csv.Error:
            return []


def _object(line: bytes) -> Row | None:
    if not line.strip():
        return {}
    try:
        row = json.loads(decoded(line))
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _header(file: IO[bytes], kind: str, name: str) -> tuple[tuple[str, ...], str]:
    start = file.tell()
    sample = decoded(file.read(1 << 16)).rpartition("\n")[0]
    file.seek(start)
    mark = "\t" if kind == "tsv" else delimiter_of(sample) if sample.strip() else ","
    head = next(_joined(iter(file.readline, b"")), b"")
    names = cells_of(head, mark)
    if not names or not "".join(names).strip():
        raise UnderdogError(f"{name} has no header", "give a file with a header and rows")
    return tuple(names), mark


def _ends(file: IO[bytes], at: int, quoted: bool) -> Iterator[int]:
    """Where each row ends; a line break between quotes ends none."""
    inside = False
    for line in iter(file.readline, b""):
        at += len(line)
        if quoted and line.count(b'"') % 2:
            inside = not inside
        if not inside:
            yield at
    if inside:
        yield at


def _joined(lines: Iterator[bytes] | list[bytes]) -> Iterator[bytes]:
    """Lines put together where quotes hold a line break."""
    row: list[bytes] = []
    inside = False
    for line in lines:
        row.append(line)
        inside ^= line.count(b'"') % 2 == 1
        if not inside:
            yield b"".join(row)
            row = []
    if row:
        yield b"".join(row)


def _groups(path: Path, name: str, size: int, first: int) -> Iterator[Piece]:
    """Pieces of as many groups of rows as have ``size`` bytes together."""
    pq = require("pyarrow.parquet", "parquet")
    try:
        with pq.ParquetFile(path) as file:
            make = partial(
                Piece, name, str(path), "parquet", columns=tuple(file.schema_arrow.names)
            )
            start, rows, held = 0, 0, 0
            for n in range(file.num_row_groups):
                found = file.metadata.row_group(n)
                rows, held = rows + found.num_rows, held + found.total_byte_size
                if held >= size or n + 1 == file.num_row_groups:
                    yield make(start=start, stop=n + 1, first=first, rows=rows)
                    start, first, rows, held = n + 1, first + rows, 0, 0
    except (OSError, ValueError) as error:
        raise UnderdogError(f"{name} is no Parquet file: {error}", f"look: file {name}") from error
