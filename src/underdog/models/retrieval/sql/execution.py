"""A query run read-only, with limits on time, rows and memory."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from ....core.errors import UnderdogError
from ....runtime.extras import require
from .guard import checked

Row = tuple[Any, ...]

STEPS = 2_000
"""Instructions of SQLite between two looks at the clock."""

CELL = 100_000
"""Bytes of a cell, and of anything that is computed on the way to it."""

BYTES = 1_000_000
"""Bytes of an answer."""

PARTS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\?|[^'\"?]+|.", re.DOTALL)
"""What a statement is divided into: literals and names in quotes, question marks, and the rest."""

ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
"""What a query may do, as SQLite asks before it does it; recursion is another thing."""


@dataclass(frozen=True)
class Limits:
    """The most ``seconds`` and ``rows`` of a query."""

    seconds: float = 2.0
    rows: int = 100


@dataclass(frozen=True)
class Found:
    """The rows of an answer and the names of their columns; ``cut`` if there were more."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    cut: bool


class RefusedError(UnderdogError):
    """One query was refused or stopped; the database itself can be read."""


class Database:
    """A database that is read and never written to, by its URL: SQLite, or PostgreSQL."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self.url, self.limits = url, limits or Limits()
        self.kind = "sqlite" if url.startswith("sqlite:") else "postgres"
        if self.kind == "postgres" and not url.startswith(("postgresql:", "postgresql+psycopg:")):
            raise UnderdogError(
                f"{url.partition(':')[0]!r} is no kind of database that is read here",
                "as in: database('sqlite:///shop.db') or database('postgresql://HOST/NAME')",
            )
        if self.kind == "postgres" and (urlsplit(url).password or "password=" in url.lower()):
            raise UnderdogError(
                "the URL of the database holds a password, which a saved model would tell",
                "leave it out of the URL, and export PGPASSWORD=…",
            )

    @property
    def path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.url.removeprefix("sqlite:///").removeprefix("sqlite:")).expanduser()

    @property
    def name(self) -> str:
        """The name of the database, without its folder, user and host."""
        if self.kind == "sqlite":
            return self.path.name
        return urlsplit(self.url).path.strip("/") or "the database"

    def run(self, statement: str, values: Sequence[Any] = ()) -> Found:
        """The rows of ``statement``, in which ``?`` stands for the ``values``.

        Raises `UnderdogError` for a statement that does not only read, for one that takes too long
        or too much memory, and for a database that is locked, damaged or gone.
        """
        allowed = checked(statement, self.kind)
        return (
            self._sqlite(allowed, values) if self.kind == "sqlite" else self._sql(allowed, values)
        )

    def _sqlite(self, statement: str, values: Sequence[Any]) -> Found:
        with self._opened() as connection:
            deadline = monotonic() + self.limits.seconds
            connection.set_authorizer(_authorised)
            connection.set_progress_handler(lambda: int(monotonic() > deadline), STEPS)
            try:
                cursor = connection.execute(statement, tuple(values))
                header = tuple([column[0] for column in cursor.description])
                return _taken(header, cursor, self.limits.rows)
            except sqlite3.Error as error:
                raise self._explained(error) from error
            finally:
                connection.set_progress_handler(None, 0)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            raise UnderdogError(f"no database at {self.path}", f"look: ls {self.path.parent}")
        place = f"file:{_quoted(self.path)}?mode=ro"
        try:
            connection = sqlite3.connect(place, uri=True, timeout=self.limits.seconds)
        except sqlite3.Error as error:
            raise self._explained(error) from error
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, CELL)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100)
            connection.setlimit(sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 20)
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA temp_store = FILE")  # large sorts take disk, not memory
            yield connection
        except sqlite3.Error as error:
            raise self._explained(error) from error
        finally:
            connection.close()

    def _explained(self, error: Exception) -> UnderdogError:
        said = str(error)
        if "locked" in said or "busy" in said:
            return UnderdogError(
                f"{self.name} is locked by another program", "wait until it has written, and retry"
            )
        if "interrupted" in said:
            return RefusedError(
                f"the query took more than {self.limits.seconds:g} seconds, and was stopped",
                "ask for less, or give it time: database(URL, seconds=30)",
            )
        if "too big" in said:
            return RefusedError(
                f"the query makes a cell of more than {CELL:,} bytes, and was stopped",
                "ask for shorter columns",
            )
        if "not a database" in said or "malformed" in said:
            return UnderdogError(
                f"{self.name} is no SQLite database, or damaged",
                f"look at it: sqlite3 {self.path} 'pragma integrity_check'",
            )
        return RefusedError(f"{self.name} refused the query: {said}", "look at its tables")

    def _sql(self, statement: str, values: Sequence[Any]) -> Found:
        """On PostgreSQL: in a transaction that may only read, with limits on time and memory."""
        require("psycopg", "serve")
        import psycopg

        limit, given = int(1000 * self.limits.seconds), tuple(values) or None
        parts = [part.replace("%", "%%") for part in unquoted(statement)]
        marked = "%s".join(parts) if given else statement
        first = f"SELECT * FROM ({marked}) AS s LIMIT {self.limits.rows + 1}"
        largest = f"SELECT max(octet_length(q::text)) FROM ({first}) AS q"
        try:
            with psycopg.connect(self.url.replace("+psycopg", "", 1), connect_timeout=5) as link:
                link.read_only = True
                link.execute(f"SET LOCAL statement_timeout = {limit}")
                link.execute(f"SET LOCAL lock_timeout = {max(1, limit * 9 // 10)}")
                link.execute("SET LOCAL work_mem = '16MB'")
                row = link.execute(largest, given).fetchone()  # looked at before any is sent
                if row and row[0] and row[0] > CELL:
                    raise self._explained(sqlite3.DataError("too big"))
                with link.cursor("underdog") as cursor:  # on the server: rows come as they are read
                    cursor.execute(marked, given)
                    names = tuple([column.name for column in cursor.description or ()])
                    return _taken(names, cursor, self.limits.rows)
        except psycopg.Error as error:
            raise self._postgres_explained(error) from error

    def _postgres_explained(self, error: Any) -> UnderdogError:
        """What PostgreSQL said, in the words that are used for SQLite too."""
        import psycopg

        if isinstance(error, psycopg.errors.QueryCanceled):
            return self._explained(sqlite3.OperationalError("interrupted"))
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return self._explained(sqlite3.OperationalError("locked"))
        said = str(error).partition("\n")[0]
        if isinstance(error, psycopg.OperationalError):
            return UnderdogError(
                f"no connection to {self.name}: {said}",
                "is the server running, and the name right? A password: export PGPASSWORD=…",
            )
        return self._explained(sqlite3.OperationalError(said))


def unquoted(statement: str) -> list[str]:
    """``statement`` divided at the question marks that stand for values.

    >>> unquoted("SELECT a FROM t WHERE b = ? AND c = 'what?'")
    ['SELECT a FROM t WHERE b = ', " AND c = 'what?'"]
    """
    pieces = [""]
    for part in PARTS.findall(statement):
        if part == "?":
            pieces.append("")
        else:
            pieces[-1] += part
    return pieces


def _taken(header: tuple[str, ...], cursor: Any, most: int) -> Found:
    """The first rows of a cursor, as many as are allowed."""
    rows: list[Row] = []
    size = 0
    for row in cursor:
        size += sum(len(cell) if isinstance(cell, str | bytes) else 8 for cell in row)
        if len(rows) == most or size > BYTES:
            return Found(header, tuple(rows), cut=True)
        rows.append(tuple(row))
    return Found(header, tuple(rows), cut=False)


def _authorised(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))
