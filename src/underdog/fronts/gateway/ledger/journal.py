"""Rows that are not in the database yet, in a file: a gateway that is killed loses none of them.

A row is appended before the reply is sent, which costs some microseconds; what the system took
outlives the process, though not a power cut. A gateway holds a lock on its journal for as long as
it lives. Any other one on this machine, or the next to be started, takes over a journal that is
not locked. The database keeps each row once, so a row that was written already changes nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ....runtime.files.home import user_home
from .store import Row, Store, storable
from .tables import REQUESTS

COMPACT = 1 << 20
"""Bytes of a journal from which rows that are in the database by now are taken out."""


class Journal:
    """The journal of one process in ``folder``; without a folder, nothing is kept.

    Two files take turns, so that one of them always holds every row that is not written.
    """

    def __init__(self, folder: Path | None) -> None:
        self.problem = ""
        self._folder = folder
        self._lines: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._files: list[int] = []
        self._paths: list[Path] = []
        self._at = self._size = 0
        if folder is not None:
            try:
                self._open(folder)
            except OSError as error:
                self._failed(error)
                self._end()

    def note(self, row: Row) -> None:
        """Keep a row of the ledger until it is `written`; one with its identity stays as it is."""
        if not self._files or row[0] in self._lines:
            return
        line = json.dumps(row).encode() + b"\n"
        with self._lock:
            self._lines[row[0]] = line
            self._append(line)

    def written(self, rows: Iterable[Row]) -> None:
        """Forget rows that are in the database."""
        if not self._files:
            return
        with self._lock:
            for row in rows:
                self._lines.pop(row[0], None)
            if self._size > COMPACT or (self._size and not self._lines):
                self._turn()

    def adopt(self, store: Store) -> int:
        """Write the rows of processes that were killed to ``store``; how many there were."""
        if self._folder is None:
            return 0
        found = 0
        for first in self._folder.glob("*.a"):
            if first not in self._paths:
                with suppress(OSError), _owned(first) as free:
                    found += _moved(first, store) if free else 0
        return found

    def close(self) -> None:
        """End; a journal without rows goes, one with rows is left to the next gateway."""
        with self._lock:
            if self._files and not self._lines:
                for path in self._paths:
                    path.unlink(missing_ok=True)
            self._end()

    def _open(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        fresh, self._paths = folder / f".{name}", [folder / f"{name}.a", folder / f"{name}.b"]
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        self._files = [os.open(path, flags, 0o600) for path in (fresh, self._paths[1])]
        fcntl.flock(self._files[0], fcntl.LOCK_EX)
        fresh.rename(self._paths[0])  # no one finds it before it is locked

    def _append(self, data: bytes) -> bool:
        """Whether ``data`` could be appended; after a failure a new line is begun."""
        if not self._files:
            return False
        data = b"\n" + data if self.problem else data
        size = len(data)
        try:
            while data:
                data = data[os.write(self._files[self._at], data) :]
        except OSError as error:
            self._failed(error)
            return False
        self.problem = ""
        self._size += size
        return True

    def _turn(self) -> None:
        """Go on in the other file with the rows that are left; then empty this one."""
        before, self._at, self._size = self._at, 1 - self._at, 0
        if self._append(b"".join(self._lines.values())):
            os.ftruncate(self._files[before], 0)
        else:
            self._at, self._size = before, 0

    def _failed(self, error: OSError) -> None:
        """Go on: the rows are in memory, as they would be without a journal."""
        if not self.problem:
            logging.getLogger("underdog").warning(
                "rows of the ledger are in memory only until they are written: %s", error.strerror
            )
        self.problem = error.strerror or str(error)

    def _end(self) -> None:
        for file in self._files:
            os.close(file)
        self._files = []


def place(store: Store) -> Path | None:
    """The folder of the journals of ``store``: beside a SQLite file, else below the home."""
    if not store.shared:
        file = Path(store.url.removeprefix("sqlite:///"))
        return file.with_name(f"{file.name}.journal")
    home = user_home()
    name = hashlib.sha256(store.url.encode()).hexdigest()[:12]
    return home / ".local" / "share" / "underdog" / f"journal-{name}" if home else None


@contextmanager
def _owned(path: Path) -> Iterator[bool]:
    """Hold the lock on a journal, if its process is gone."""
    file = os.open(path, os.O_RDWR)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


def _moved(first: Path, store: Store) -> int:
    """Write the rows of both files of a journal to ``store``, then delete them."""
    paths = [first, first.with_suffix(".b")]
    rows = {row[0]: row for path in paths if path.exists() for row in _rows(path)}
    with store.errors():
        store.put("requests", [storable(row) for row in rows.values()])
    for path in reversed(paths):
        path.unlink(missing_ok=True)
    return len(rows)


def _rows(path: Path) -> Iterator[Row]:
    """The rows of a journal; a line that is none is left out."""
    for line in path.read_bytes().splitlines():
        with suppress(ValueError, RecursionError):  # it was killed while it wrote the last one
            row = json.loads(line)
            plain = isinstance(row, list) and not any(isinstance(c, list | dict) for c in row)
            if plain and len(row) == len(REQUESTS) and isinstance(row[0], str):
                yield row
