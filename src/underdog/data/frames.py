"""Tables that already have columns: Parquet, data frames, and data sets from the hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..core.data import Column
from ..core.errors import UnderdogError
from ..runtime.extras import require
from .sheet import Sheet, cell

PART = "split"
"""The column that tells which part of a hub data set a row came from."""


def parse_parquet(content: bytes, name: str) -> Sheet:
    """The sheet in a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as error:
        raise UnderdogError(
            f"{name} is not a whole Parquet file: {str(error).splitlines()[0]}",
            f"look at its first bytes: head -c 4 {name}",
        ) from error
    names = _class_names(table.schema.metadata or {})
    columns = zip(table.column_names, table.columns, strict=True)
    cells = [_cells(_named(c.to_pylist(), names.get(key))) for key, c in columns]
    return Sheet.of(name, table.column_names, cells)


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of classes that the hub's `datasets` library keeps in a Parquet file, by column."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            key: [str(name) for name in about["names"]]
            for key, about in features.items()
            if isinstance(about, dict) and about.get("_type") == "ClassLabel" and about.get("names")
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # written by something else


def _named(values: list[Any], names: list[str] | None) -> list[Any]:
    """Numbers of classes as their names; None where a class is withheld (-1)."""
    if names is None:
        return values
    return [
        (names[v] if 0 <= v < len(names) else None) if isinstance(v, int) else v for v in values
    ]


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
