"""What is in a database: tables, columns, the links between them, and the values of short texts."""

from __future__ import annotations

import re
import sqlite3
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import monotonic

from ....core.errors import UnderdogError
from ....data import limits
from ..words import singular
from .execution import Database, Limits, RefusedError

PATIENCE = 120.0
"""Seconds that reading all tables may take."""

VALUES = 20_000
"""Different values of a column that are known by name."""

SHORT = 80
"""Characters of a value that is known by name; longer ones are prose."""

NUMERIC = re.compile(r"INT|REAL|NUM|FLOA|DOUB|DEC", re.IGNORECASE)
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
LABELS = ("name", "title", "label", "username", "text", "code")

PUBLIC = "table_schema NOT IN ('pg_catalog', 'information_schema')"
COLUMNS = f"""SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE {PUBLIC} ORDER BY table_name, ordinal_position"""
LINKS = """SELECT k.table_name, k.column_name, u.table_name, u.column_name
FROM information_schema.key_column_usage AS k
JOIN information_schema.table_constraints AS t ON t.constraint_name = k.constraint_name
JOIN information_schema.constraint_column_usage AS u ON u.constraint_name = k.constraint_name
WHERE t.constraint_type = 'FOREIGN KEY'"""


@dataclass(frozen=True, order=True)
class Column:
    """A column of a table; ``numeric`` if it can be summed."""

    table: str
    name: str
    numeric: bool = False

    @property
    def sql(self) -> str:
        """Its name in a statement."""
        return f"{quoted(self.table)}.{quoted(self.name)}"


Link = tuple[Column, Column]
"""Two columns by which tables are joined."""


@dataclass(frozen=True)
class Layout:
    """Tables with their columns, how many rows they have, links, and columns by their values."""

    tables: Mapping[str, tuple[Column, ...]]
    sizes: Mapping[str, int]
    links: tuple[Link, ...]
    values: Mapping[str, tuple[tuple[Column, str], ...]]

    def label(self, table: str) -> Column:
        """The column that names the rows of ``table``: called so, or its first text, or column."""
        columns = self.tables[table]
        named = [c for name in LABELS for c in columns if c.name.lower().endswith(name)]
        texts = [c for c in columns if not c.numeric]
        return (named or texts or list(columns))[0]

    @cached_property
    def neighbours(self) -> dict[str, list[tuple[str, Link]]]:
        """For each table those that it is linked with, and how."""
        found: dict[str, list[tuple[str, Link]]] = {table: [] for table in self.tables}
        for one, other in self.links:
            found[one.table].append((other.table, (one, other)))
            found[other.table].append((one.table, (one, other)))
        return found

    def described(self) -> str:
        """The tables as statements that would create them, for a model that writes SQL."""
        lines = []
        for table, columns in self.tables.items():
            inside = ", ".join(
                f"{quoted(c.name)} {'NUMERIC' if c.numeric else 'TEXT'}" for c in columns
            )
            lines.append(f"CREATE TABLE {quoted(table)} ({inside});")
        lines += [f"-- {one.sql} = {other.sql}" for one, other in self.links]
        return "\n".join(lines)


def read_layout(database: Database) -> Layout:
    """The layout of ``database``. `UnderdogError` as for a query, or where there is too much."""
    patient, end = Database(database.url, Limits(30.0, VALUES)), monotonic() + PATIENCE
    columns, links = _sqlite(patient) if patient.kind == "sqlite" else _postgres(patient)
    tables: dict[str, list[Column]] = {}
    for column in columns:
        tables.setdefault(column.table, []).append(column)
    limits.COLUMNS.check(len(columns), patient.name)
    known: dict[str, tuple[Column, ...]] = {}
    sizes: dict[str, int] = {}
    values: dict[str, list[tuple[Column, str]]] = {}
    refused: RefusedError | None = None
    for table, found in tables.items():
        if monotonic() > end:
            raise UnderdogError(
                f"{patient.name} was not read within {PATIENCE:g} seconds: {len(tables):,} tables",
                "make a database of the tables that are asked about",
            )
        try:
            rows = patient.run(f"SELECT COUNT(*) FROM {quoted(table)}").rows
            named = [(normal(v), c, v) for c in found if not c.numeric for v in _values(patient, c)]
        except RefusedError as error:
            refused = error
            _left_out(table, error)
            continue
        known[table], sizes[table] = tuple(found), int(rows[0][0])
        for said, column, value in named:
            values.setdefault(said, []).append((column, value))
    if refused and not known:
        raise refused
    inside = [link for link in links if all(column.table in known for column in link)]
    said_of = {said: tuple(found) for said, found in values.items()}
    return Layout(known, sizes, tuple(inside) or _inferred(known), said_of)


def _left_out(table: str, why: UnderdogError) -> None:
    warnings.warn(f"{table[:40]!r} is left out: {why.problem}", stacklevel=5)


def _values(database: Database, column: Column) -> Iterable[str]:
    statement = (
        f"SELECT DISTINCT {column.sql} FROM {quoted(column.table)} "
        f"WHERE LENGTH({column.sql}) BETWEEN 1 AND {SHORT}"
    )
    return [row[0] for row in database.run(statement).rows if isinstance(row[0], str)]


def _sqlite(database: Database) -> tuple[list[Column], list[Link]]:
    columns, links = [], []
    with database._opened() as connection:
        listed = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid"
        names = [str(n) for (n,) in connection.execute(listed)]
        names = [name for name in names if not name.startswith("sqlite_")]
        for table in names:
            try:
                about = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
            except sqlite3.OperationalError as error:  # a view of what is not there, or not allowed
                if not isinstance(why := database._explained(error), RefusedError):
                    raise
                _left_out(table, why)
                continue
            columns += [Column(table, row[1], bool(NUMERIC.search(row[2] or ""))) for row in about]
            for row in connection.execute(f"PRAGMA foreign_key_list({quoted(table)})"):
                here, there = Column(table, row[3], True), Column(row[2], row[4] or "id", True)
                if row[2] in names:
                    links.append((here, there))
    return columns, links


def _postgres(database: Database) -> tuple[list[Column], list[Link]]:
    found = database.run(COLUMNS).rows
    kinds = ("integer", "bigint", "smallint", "numeric", "real", "double precision")
    columns = [Column(table, name, kind in kinds) for table, name, kind in found]
    links = [(Column(a, b, True), Column(c, d, True)) for a, b, c, d in database.run(LINKS).rows]
    return columns, links


def _inferred(tables: Mapping[str, tuple[Column, ...]]) -> tuple[Link, ...]:
    """Links by name where none are declared: ``intent_id`` is the ``id`` of ``intents``."""
    keys = {
        f"{normal(table).replace(' ', '_')}_id": column
        for table, columns in tables.items()
        for column in columns
        if column.name.lower() == "id"
    }
    return tuple(
        (column, keys[column.name.lower()])
        for columns in tables.values()
        for column in columns
        if column.name.lower() in keys and keys[column.name.lower()].table != column.table
    )


def normal(text: str) -> str:
    """``text`` as it is compared: words in lower case and the singular.

    >>> normal("OrderItems"), normal("mean_cost"), normal("New York")
    ('order item', 'mean cost', 'new york')
    """
    return " ".join(
        map(singular, re.findall(r"\w+", CAMEL.sub(" ", text).replace("_", " ").lower()))
    )


def quoted(name: str) -> str:
    """``name`` as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
