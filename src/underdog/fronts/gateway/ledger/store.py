"""The gateway's database: a SQLite file that its owner alone can read, or PostgreSQL by URL."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ....core.data import clean
from ....core.errors import UnderdogError
from ....runtime.extras import require
from ....runtime.files import resolved
from ....runtime.files.database import check_tables, make_private, write_ahead
from . import tables

Row = Sequence[Any]

SALT = 16
"""Bytes of the salt."""

WAIT = 30.0
"""Seconds to wait for another process to finish writing."""


class Store:
    """Writes whole batches of rows, and answers what the dashboard and the training ask.

    A row has an identity of its own, so that writing it a second time changes nothing. Raises
    `UnderdogError` where the database cannot be opened.
    """

    def __init__(self, url: str = "") -> None:
        self._sql: Any = require("sqlalchemy", "serve")
        try:
            self.url = _url(url)
        except OSError as error:
            raise UnderdogError(f"{url}: {error.strerror}", "--store FILE.sqlite") from None
        self.shared = not self.url.startswith("sqlite")
        self._engine: Any = None
        try:
            self._engine = self._open()
            self._tables = tables.metadata()
            tables.create(self._tables, self._engine)
        except (OSError, self._sql.exc.SQLAlchemyError, ImportError, sqlite3.Error) as error:
            raise UnderdogError(
                f"the gateway's database cannot be opened: {_first_line(error)}",
                "underdog serve … --store FILE.sqlite, or --store postgresql://HOST/NAME",
            ) from None
        self._mark = "?" if not self.shared else "%s"

    def put(self, table: str, rows: Sequence[Row]) -> None:
        """Write `storable` ``rows`` of ``table`` in one transaction; one that is there stays."""
        if not rows:
            return
        columns = self._tables.tables[table].columns.keys()
        marks = ", ".join([self._mark] * len(columns))
        statement = (
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        )
        with self._engine.begin() as db:
            db.exec_driver_sql(statement, rows)

    def update(self, table: str, name: str, values: Mapping[str, Any]) -> None:
        """Change columns of the row called ``name``."""
        what = self._tables.tables[table]
        with self._engine.begin() as db:
            db.execute(what.update().where(what.c.id == name).values(**values))

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What a SELECT finds; its parameters are written as ``:name``."""
        with self._engine.connect() as db:
            return list(db.execute(self._sql.text(statement), values))

    def delete(self, statement: str, **values: Any) -> int:
        """Run a DELETE; the number of rows that are gone."""
        with self._engine.begin() as db:
            return int(db.execute(self._sql.text(statement), values).rowcount)

    def salt(self) -> bytes:
        """The salt of the tenants' names: drawn once for each database."""
        self.put("settings", [("salt", secrets.token_bytes(SALT))])
        found = self.rows("SELECT salt FROM settings WHERE id = 'salt'")[0][0]
        if not isinstance(found, bytes | memoryview) or len(found) != SALT:
            raise UnderdogError(
                "the gateway's database is damaged: its salt is none",
                "start another one: underdog serve … --store FILE.sqlite",
            )
        return bytes(found)

    def close(self) -> None:
        """Give back the connections."""
        if self._engine is not None:
            self._engine.dispose()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Errors of the database: OSError where it is away or full, ValueError where rows are."""
        kinds = self._sql.exc
        try:
            yield
        except (kinds.OperationalError, kinds.InterfaceError, kinds.InternalError) as error:
            raise OSError(_first_line(error)) from error
        except kinds.SQLAlchemyError as error:
            raise ValueError(_first_line(error)) from error

    def _open(self) -> Any:
        if self.shared:
            return self._sql.create_engine(self.url, pool_pre_ping=True, pool_size=4)
        path = Path(self.url.removeprefix("sqlite:///"))
        check_tables(path, tables.COLUMNS, WAIT)
        make_private(path)
        engine = self._sql.create_engine(
            self.url, connect_args={"timeout": WAIT, "check_same_thread": False}
        )

        def prepare(connection: Any, _: Any) -> None:
            write_ahead(connection, WAIT)
            for pragma in ("synchronous = NORMAL", "cache_size = -2000"):
                connection.execute(f"PRAGMA {pragma}").close()

        self._sql.event.listen(engine, "connect", prepare)
        return engine


def delete_before(store: Store, at: float) -> int:
    """Forget the examples heard before ``at``, in seconds since 1970; how many there were.

    Also what gateways that ended before it told of their tasks, where another has told more since.
    """
    told = [row for row in store.rows("SELECT id, at FROM tasks ORDER BY at") if "@" in row[0]]
    latest = {name.partition("@")[0]: name for name, _ in told}
    for name, when in told:
        if when < at and name not in latest.values():
            store.delete("DELETE FROM tasks WHERE id = :id AND at = :at", id=name, at=when)
    return store.delete("DELETE FROM examples WHERE at < :at", at=at)


def _url(named: str) -> str:
    if named.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + named.partition("://")[2]
    if "://" in named and not named.startswith("sqlite:///"):
        scheme = named.partition("://")[0]
        raise UnderdogError(f"no store of the kind {scheme}", "--store postgresql://HOST/NAME")
    if named:
        return f"sqlite:///{resolved(Path(named.removeprefix('sqlite:///')).expanduser())}"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise UnderdogError(
            "there is no home folder for the gateway's database", "--store FILE.sqlite"
        ) from error
    return f"sqlite:///{home / '.local' / 'share' / 'underdog' / 'gateway.sqlite'}"


def storable(row: Row) -> tuple[Any, ...]:
    """``row`` with texts that every database takes."""
    return tuple([_storable(v) if type(v) is str else v for v in row])


def _storable(text: str) -> str:
    """``text`` without what no database takes: half a surrogate, and the character NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return clean(text).replace("\0", "\ufffd")


def _first_line(error: BaseException) -> str:
    from ....models.chat.redaction import redacted

    return redacted((str(error).strip().splitlines() or [type(error).__name__])[0])[:300]
