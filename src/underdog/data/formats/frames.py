"""Tables that already have columns: Parquet, data frames, and data sets from the hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...core.data import Column
from ...core.errors import UnderdogError
from ...runtime.extras import require
from .. import limits
from ..sheet import Sheet, cell

BATCH = 4096
"""Rows of a Parquet file that are read at a time."""

PART = "split"
"""The column that tells which part of a hub data set a row came from."""


def parse_parquet(content: bytes, name: str) -> Sheet:
    """The sheet in a Parquet file."""
    pa, pq = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        limits.COLUMNS.check(len(file.schema_arrow.names), name)
        limits.CELLS.check(file.metadata.num_rows * len(file.schema_arrow.names), name)
        columns: dict[str, list[Any]] = {key: [] for key in file.schema_arrow.names}
        if len(columns) == len(file.schema_arrow.names):  # repeated names are refused below
            texts = [f.name for f in file.schema_arrow if pa.types.is_string(f.type)]
            _fill(columns, pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts), name)
    except UnderdogError:
        raise
    except (pa.ArrowException, OSError, ValueError, LookupError, ArithmeticError) as error:
        reason = str(error).splitlines() or [type(error).__name__]
        raise UnderdogError(
            f"{name} is not a whole Parquet file: {reason[0]}",
            f"look at its first bytes: head -c 4 {name}",
        ) from error
    names, notes = class_names(file.schema_arrow.metadata or {}), []
    for key in [key for key in names if key in columns]:
        columns[key] = [_named(value, names[key]) for value in columns[key]]
        notes.append(f"column {key!r}: the class names in the file's metadata")
    if len(columns) < len(file.schema_arrow.names):
        return Sheet.of(name, file.schema_arrow.names, [() for _ in file.schema_arrow.names])
    return Sheet.of(name, list(columns), [_cells(c) for c in columns.values()], notes)


def _fill(columns: dict[str, list[Any]], file: Any, name: str) -> None:
    """Read the rows of a Parquet file, batch by batch, up to the limit on bytes.

    Texts come as places in a list of different ones, and are counted before they are written out:
    in a file, equal texts take the room of one.
    """
    size = 0
    for batch in file.iter_batches(batch_size=BATCH):
        for key, column in zip(columns, batch.columns, strict=True):
            size += written_out(column)
            limits.BYTES.check(size, f"{name}, unpacked,", more=True)
            plain = column.dictionary_decode() if hasattr(column, "dictionary") else column
            columns[key] += plain.to_pylist()


def written_out(column: Any) -> int:
    """Bytes of a column of Arrow, once equal texts in it are written out."""
    if not hasattr(column, "dictionary"):
        return int(column.nbytes)
    import pyarrow.compute as pc

    return int(pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0)


def class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of classes that Hugging Face keeps in a Parquet file's metadata, by column."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        found = {
            key: feature.get("feature", feature) if isinstance(feature, dict) else {}
            for key, feature in features.items()
        }
        return {
            str(key): [str(name) for name in feature["names"]]
            for key, feature in found.items()
            if feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list)
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _named(value: Any, names: list[str]) -> Any:
    """The name of a class that is stored as a number; None where it is withheld (-1)."""
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    return None if value == -1 else value


def from_frame(frame: Any) -> Sheet:
    """The sheet in a pandas DataFrame, or in anything with ``columns`` that reads like one.

    The index is not a column.
    """
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        return Sheet.of("the data frame", names, [() for _ in names])  # refused there
    listed = [frame[name] for name in frame.columns]
    return Sheet.of(
        "the data frame",
        names,
        [_cells(c.tolist() if hasattr(c, "tolist") else c.to_list()) for c in listed],
    )


def from_hub(name: str) -> Sheet:
    """The sheet of a Hugging Face data set: ``NAME``, or ``NAME:CONFIGURATION``.

    Classes are shown by their names. The parts (train, test ...) become the column "split".
    Does not run a data set's own loading script.
    """
    datasets = require("datasets", "hub")
    path, _, config = name.partition(":")
    try:
        loaded = datasets.load_dataset(path, config or None)
    except Exception as error:  # the hub's client raises some twenty unrelated classes
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UnderdogError(
            f"cannot load the data set {name!r}: {reason[0]}",
            "check the name and the network, or give a file: underdog compare tickets.csv",
        ) from error
    columns: dict[str, list[str | float | None]] = {}
    length = 0
    for part, rows in loaded.items():
        found = {key: _hub_cells(rows, key) for key in rows.column_names}
        found = {PART: (str(part),) * len(rows), **found} if len(loaded) > 1 else found
        for key in [*columns, *[k for k in found if k not in columns]]:
            column = columns.setdefault(key, [None] * length)
            column += found.get(key, (None,) * len(rows))
        length += len(rows)
    short = path.rstrip("/").rsplit("/", 1)[-1]
    return Sheet.of(short, list(columns), [tuple(c) for c in columns.values()])


def _hub_cells(rows: Any, key: str) -> Column:
    feature, values = rows.features[key], rows[key]
    if hasattr(feature, "int2str"):  # a class: stored as a number, -1 where it is withheld
        return tuple([feature.int2str(v) if v is not None and v >= 0 else None for v in values])
    return _cells(list(values))


def _cells(values: list[Any]) -> Column:
    return tuple([cell(value) for value in values])
