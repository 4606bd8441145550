"""The rows of a file in parts of bounded size, each row as a dictionary of cells."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from ...core.errors import UnderdogError
from ...data.tables.names import ROW
from ...runtime.extras import require

Row = dict[str, Any]
PART = 512
"""Rows in one part."""

OPENERS: dict[str, Callable[..., IO[str]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
SAMPLE = 1 << 16
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What the standard library raises for a packed file that is damaged."""

LONGEST = 1 << 26
"""Characters that a line may have."""


def parts(path: str, size: int = PART, named: Sequence[str] = ()) -> Iterator[list[Row]]:
    """The rows of ``path`` in order, ``size`` at a time; ``-`` is standard input.

    That holds CSV or TSV if its first line names the columns of the text, ``named``; JSONL if that
    is an object that has them; else one text a line. CSV, TSV, JSONL and Parquet are streamed, also
    packed. Every other format is read whole. Raises UnderdogError where the file cannot be read.
    """
    rows = _typed(named or ("text",)) if path == "-" else _rows(path)
    while part := list(islice(rows, size)):
        yield part


def _rows(path: str) -> Iterator[Row]:
    here = Path(path).expanduser()
    kinds = [suffix.lower() for suffix in here.suffixes[-2:]]
    packed = kinds.pop() if kinds and kinds[-1] in OPENERS else ""
    kind = kinds[-1] if kinds else ""
    if not here.is_file():
        raise UnderdogError(f"no file {path}", f"look: ls {here.parent}")
    if kind == ".parquet" and not packed:
        yield from _parquet(here)
    elif kind in (".csv", ".tsv", ".jsonl", ".ndjson") and _is_utf8(here, packed):
        with OPENERS.get(packed, open)(here, "rt", encoding="utf-8-sig", newline="") as file:
            rows = (
                _lines(_bounded(file, path), path)
                if "json" in kind
                else _delimited(file, kind, path)
            )
            yield from _whole_packing(rows, path)
    else:
        yield from _whole(here)


def _is_utf8(path: Path, packed: str) -> bool:
    try:
        with OPENERS.get(packed, open)(path, "rt", encoding="utf-8-sig") as file:
            return "\0" not in file.read(SAMPLE)
    except (UnicodeDecodeError, *DAMAGED):
        return False


def _delimited(file: IO[str], kind: str, path: str) -> Iterator[Row]:
    from ...data.formats.delimited import delimiter_of

    sample = file.read(SAMPLE)
    file.seek(0)
    if not sample.strip():
        raise UnderdogError(f"{path} is empty", "give a file with a header and rows")
    mark = "\t" if kind == ".tsv" else delimiter_of(sample.rpartition("\n")[0] or sample)
    yield from _table(_bounded(file, path), mark, path)


def _typed(named: Sequence[str]) -> Iterator[Row]:
    """The rows of standard input."""
    place = "standard input"
    yield from _whole_packing(_recognised(_bounded(sys.stdin, place), named, place), place)


def _recognised(lines: Iterator[str], named: Sequence[str], place: str) -> Iterator[Row]:
    """The rows of a table whose columns are ``named`` in the first of ``lines``; or of texts."""
    csv.field_size_limit(2**31 - 1)
    first, wanted = next(lines, "").lstrip("\ufeff"), set(named) - {ROW}
    every = chain([first] if first else [], lines)
    for mark in (",", "\t", ";"):
        header = next(csv.reader([first], delimiter=mark), [])
        if wanted <= set(header) and (wanted or len(header) > 1):
            yield from _table(every, mark, place)
            return
    with suppress(ValueError, TypeError, RecursionError):
        if wanted <= set(dict(json.loads(first))):
            yield from _lines(every, place)
            return
    for line in every:
        sides = line.rstrip("\n").split("\t", len(named) - 1)
        yield dict(zip(named, [*sides, *[""] * len(named)], strict=False))


def _table(file: Iterable[str], mark: str, path: str) -> Iterator[Row]:
    """The rows below a header of delimited lines."""
    csv.field_size_limit(2**31 - 1)
    lines = csv.reader(file, delimiter=mark, strict=True)
    try:
        names = next(lines, None)
        if not names:
            raise UnderdogError(f"{path} is empty", "give a file with a header and rows")
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(names):
                raise UnderdogError(
                    f"{path}, line {lines.line_num}: {len(cells)} cells, but the header has "
                    f"{len(names)}",
                    f"mend the line: sed -n {lines.line_num}p {path}",
                )
            yield dict(zip(names, cells, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise UnderdogError(
            f"{path}, line {lines.line_num}: {error}", f"look: sed -n {lines.line_num}p {path}"
        ) from error


def _whole_packing(rows: Iterator[Row], path: str) -> Iterator[Row]:
    """``rows``; `UnderdogError` where the packed file ends too early, or is damaged."""
    try:
        yield from rows
    except (UnicodeDecodeError, *DAMAGED) as error:
        raise UnderdogError(
            f"{path} cannot be read to its end: {error}", f"copy it again, and look: ls -l {path}"
        ) from error


def _bounded(file: IO[str], path: str) -> Iterator[str]:
    """The lines of ``file``, none of which may fill the memory before it has been seen."""
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            raise UnderdogError(
                f"{path} has a line of more than {LONGEST:,} characters", "look: head -c 1000 FILE"
            )
        yield line


def _lines(file: Iterable[str], path: str) -> Iterator[Row]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise UnderdogError(
                f"{path}, line {number}: not a JSON object", f"look: sed -n {number}p {path}"
            )
        yield row


def _parquet(path: Path) -> Iterator[Row]:
    pq = require("pyarrow.parquet", "parquet")
    try:
        with path.open("rb") as raw, pq.ParquetFile(raw) as file:
            for batch in file.iter_batches(batch_size=PART):
                yield from batch.to_pylist()
    except (OSError, ValueError) as error:
        raise UnderdogError(f"{path} is no Parquet file: {error}", f"look: file {path}") from error


def _whole(path: Path) -> Iterator[Row]:
    from ...data.formats.files import read_file

    columns = read_file(path).columns
    for cells in zip(*columns.values(), strict=True):
        yield dict(zip(columns, cells, strict=True))
