"""SQLite files that several processes may open at the same moment."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

PAUSE = 0.01
"""Seconds between two attempts to turn the log of writes on."""


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
