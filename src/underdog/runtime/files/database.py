"""SQLite files that several processes may open at the same moment."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from ...core.errors import UnderdogError

MAGIC = b"SQLite format 3\0"
"""The first bytes of an SQLite file."""

PAUSE = 0.01
"""Seconds between two attempts to turn the log of writes on."""


def check_tables(
    path: Path, tables: Mapping[str, Sequence[str]], wait: float, newest: int | None = None
) -> None:
    """Refuse a file at ``path`` that holds anything but ``tables``, each with its columns.

    It may be absent, empty, or still lack some of them; its version is at most ``newest``, if that
    is given. A file of another program is neither written to nor hidden from its readers, and no
    trigger of a stranger runs. Raises `UnderdogError`; sqlite3.Error for a file that is damaged,
    and for one that is locked for ``wait`` seconds.
    """
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    if not path.is_file():
        raise _foreign(path, "is no file")
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise sqlite3.DatabaseError("it is no SQLite file")
    place = f"file:{quote(str(path.resolve()))}?mode=rw"
    with closing(sqlite3.connect(place, uri=True, timeout=wait)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if newest is not None and version > newest:
            raise UnderdogError(
                f"{path} was written by a newer underdog", "pip install --upgrade underdog"
            )
        for kind, name in connection.execute("SELECT type, name FROM sqlite_master").fetchall():
            ours = kind == "table" and name in tables
            if not ours and kind != "index" and not str(name).startswith("sqlite_"):
                raise _foreign(path, f"holds a {kind} {str(name)[:40]!r}, which is not underdog's")
            if ours and (columns := _columns(connection, name)) != set(tables[name]):
                odd = min(columns ^ set(tables[name]))
                raise _foreign(path, f"has a table {name!r} with other columns ({odd!r})")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    return {str(name) for (name,) in found}


def _foreign(path: Path, why: str) -> UnderdogError:
    return UnderdogError(
        f"{path} {why}, so it is left alone", "name another file, or one that is not there yet"
    )


def make_private(path: Path) -> None:
    """Make an empty file at ``path``, with its folder, that only its owner may read.

    A file that is there keeps its content and loses its other readers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with suppress(OSError):
        path.chmod(0o600)


def write_ahead(connection: sqlite3.Connection, wait: float) -> None:
    """Let readers of the file go on while another connection writes.

    SQLite does not wait where two connections ask for this at once: it fails, whatever its
    time limit says. So this asks again, for ``wait`` seconds at most.
    """
    end = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not locked or time.monotonic() > end:
                raise
            time.sleep(PAUSE)
