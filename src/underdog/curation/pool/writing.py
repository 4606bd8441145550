"""The kept rows of a pool in the format that they came in, with a column of scores."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...runtime.extras import require
from .formats import kind_of, opened
from .pieces import Piece, cells_of, decoded, group, raw, read
from .pool import Alive

COLUMN = "score"
OTHER = "curation_score"
"""What the column of scores is called; the second where the file has a column of that name."""


def write(pieces: Sequence[Piece], kept: Alive, scores: Floats, out: Path) -> list[str]:
    """Write the rows of ``pieces`` that are ``kept`` below ``out``, a file for each file.

    Text files have no columns: their scores stand in a file beside them, one a line. A file of
    which nothing is kept is not written. Gives the names of the files.
    """
    names = []
    for name, part in groupby(pieces, key=lambda piece: piece.name):
        mine = [piece for piece in part if _of(kept, piece).any()]
        if not mine:
            continue
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if mine[0].kind == "parquet":
            _parquet(path, mine, kept, scores)
        else:
            _lines(path, mine, kept, scores)
        names.append(name)
    return names


def _of(column: Any, piece: Piece) -> Any:
    return column[piece.first : piece.first + piece.rows]


def _lines(path: Path, pieces: Sequence[Piece], kept: Alive, scores: Floats) -> None:
    kind, packing = kind_of(path)
    with opened(path, packing, "wb") as file:
        if kind in ("csv", "tsv"):
            file.write(_cells([*pieces[0].columns, _column(pieces[0].columns)], pieces[0].mark))
        beside = io.BytesIO()
        for piece in pieces:
            chosen = np.flatnonzero(_of(kept, piece)).tolist()
            values = _of(scores, piece)
            rows = read(piece) if kind == "jsonl" else raw(piece)
            for i in chosen:
                file.write(_row(kind, rows[i], float(values[i]), piece))
                if kind == "text":
                    beside.write(f"{values[i]:.6g}\n".encode())
    if kind == "text":
        path.with_name(path.name + ".scores").write_bytes(beside.getvalue())


def _row(kind: str, row: Any, score: float, piece: Piece) -> bytes:
    shown = float(f"{score:.6g}")
    if kind == "text":
        return decoded(row).rstrip("\r\n").encode("utf-8", "replace") + b"\n"
    if kind == "jsonl":
        line = json.dumps({**row, _column(row): shown}, ensure_ascii=False)
        return line.encode("utf-8", "replace") + b"\n"
    return _cells([*cells_of(row, piece.mark), shown], piece.mark)


def _column(names: Any) -> str:
    return OTHER if COLUMN in names else COLUMN


def _cells(cells: Sequence[Any], mark: str) -> bytes:
    line = io.StringIO()
    csv.writer(line, delimiter=mark, lineterminator="\n").writerow(cells)
    return line.getvalue().encode("utf-8", "replace")


def _parquet(path: Path, pieces: Sequence[Piece], kept: Alive, scores: Floats) -> None:
    pa, pq = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")
    writer = None
    try:
        for piece in pieces:
            chosen = _of(kept, piece)
            part = group(piece).filter(pa.array(chosen))
            added = pa.array(_of(scores, piece)[chosen])
            part = part.append_column(_column(part.column_names), added)
            writer = writer or pq.ParquetWriter(path, part.schema)
            writer.write_table(part)
    finally:
        if writer is not None:
            writer.close()
