"""Answers that were paid for, kept so that no prompt is ever paid for twice.

One SQLite file, ``~/.cache/underdog/answers.sqlite`` unless UNDERDOG_STORE names another. It holds
completions, token counts, receipts and dates. It holds no prompt (a fingerprint stands for it) and
no key. A fingerprint hides a text from a reader, but not from a reader who guesses the text. Delete
the file to forget everything.

    with default_store().open():
        study = compare(...)        # asks nothing that was asked before
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname
from threading import Lock

from psutil import pid_exists

from ..core.cost import Cost
from ..core.data import clean
from ..core.errors import UnderdogError
from .files.database import check_tables, make_private, write_ahead
from .files.home import kept_at
from .prices import Usage

Steps = tuple[tuple[tuple[str, float], ...], ...]
"""For each token written: (token, log probability), first of the one written, then of others."""

FORMAT = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, completion TEXT NOT NULL, steps TEXT NOT NULL,
    usage TEXT NOT NULL, receipt TEXT NOT NULL, kept_at TEXT NOT NULL
) WITHOUT ROWID
"""
LEASES = """
CREATE TABLE IF NOT EXISTS leases (key TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL)
WITHOUT ROWID
"""
BATCHES = """
CREATE TABLE IF NOT EXISTS batches (
    name TEXT PRIMARY KEY, place TEXT NOT NULL, id TEXT NOT NULL, keys TEXT NOT NULL,
    host TEXT NOT NULL, pid INTEGER NOT NULL
) WITHOUT ROWID
"""
TABLES = {
    "answers": ("key", "model", "completion", "steps", "usage", "receipt", "kept_at"),
    "leases": ("key", "host", "pid"),
    "batches": ("name", "place", "id", "keys", "host", "pid"),
}
BUSY = 60.0
"""Seconds to wait for another process to finish writing."""

AT_ONCE = 500
"""Keys in one query; SQLite allows some thousands, older builds 999."""


@dataclass(frozen=True)
class Batch:
    """Prompts that were handed in together, by key; ``id`` is what the endpoint calls it.

    Without an ``id`` it is about to be handed in, by another process if ``waits``.
    """

    name: str
    id: str
    keys: tuple[str, ...]
    waits: bool = False


@dataclass(frozen=True)
class Reply:
    """What an endpoint wrote to one prompt, and the receipt: what it cost when it was asked."""

    text: str
    usage: Usage
    cost: Cost
    steps: Steps = ()


def key(**asked: str | float | None) -> str:
    """The fingerprint of a request: of the endpoint, the model, the parameters and the prompt."""
    said = json.dumps(asked, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


class Store:
    """A file of replies. Safe to share between threads, and between processes.

    The file is made when the first language model asks, and not before. A reply is on disk when
    `put` returns: neither a killed process nor a power cut loses it. Where two processes put the
    same key, the first reply stays. Of two processes that want the same prompt, one asks and the
    other waits for the reply (`lease`). Wants a local disk, not a network share. Without a
    ``path`` nothing can be kept, and so nothing that is paid for may be asked: `UnderdogError`.
    """

    def __init__(self, path: Path | str | None) -> None:
        self.path = None if path is None else Path(path)
        self._lock = Lock()
        self._file: sqlite3.Connection | None = None

    @contextmanager
    def open(self) -> Iterator[Store]:
        """Inside the block, language models look here before they ask, and keep what they get."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)
            with self._lock:
                if self._file is not None:
                    self._file.close()
                self._file = None

    def get(self, keys: Sequence[str]) -> dict[str, Reply]:
        """The replies on file for ``keys``; a key without one is left out."""
        found: dict[str, Reply] = {}
        for at in range(0, len(keys), AT_ONCE):
            some = keys[at : at + AT_ONCE]
            marks = ",".join("?" * len(some))
            query = (
                f"SELECT key, completion, steps, usage, receipt FROM answers WHERE key IN ({marks})"
            )
            with self._used() as db, closing(db.execute(query, some)) as rows:
                for name, text, steps, usage, receipt in rows:
                    cost = Cost(*json.loads(receipt))
                    found[name] = Reply(text, Usage(**json.loads(usage)), cost, _steps(steps))
        return found

    def put(self, key: str, model: str, reply: Reply) -> None:
        """Keep ``reply``; one that is on file already stays."""
        row = (
            key,
            model,
            clean(reply.text),
            json.dumps(reply.steps),
            json.dumps({k: v for k, v in asdict(reply.usage).items() if v is not False}),
            json.dumps(astuple(reply.cost)),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with self._used() as db, db:
            db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def lease(self, key: str) -> bool:
        """Whether this process may ask for ``key``: no other living one on this machine does.

        `release` ends it. What a killed process held may be asked for at once.
        """
        mine = (key, gethostname(), os.getpid())
        with self._used() as db, db:
            db.execute("BEGIN IMMEDIATE")
            with closing(db.execute("SELECT host, pid FROM leases WHERE key = ?", (key,))) as rows:
                holder = rows.fetchone()
            if holder and holder[0] == mine[1] and holder[1] != mine[2] and pid_exists(holder[1]):
                return False
            db.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", mine)
        return True

    def release(self, key: str) -> None:
        """Let others ask for ``key``: it is answered, or has failed."""
        with self._used() as db, db:
            db.execute("DELETE FROM leases WHERE key = ?", (key,))

    def batches(self, place: str) -> list[Batch]:
        """The batches at the address ``place`` whose replies were not all collected."""
        query = "SELECT name, id, keys, host, pid FROM batches WHERE place = ? ORDER BY name"
        with self._used() as db, closing(db.execute(query, (place,))) as rows:
            found = rows.fetchall()
        here, mine = gethostname(), os.getpid()
        return [
            Batch(
                name,
                known,
                tuple(json.loads(keys)),
                host == here and pid != mine and pid_exists(pid),
            )
            for name, known, keys, host, pid in found
        ]

    def reserve(self, name: str, place: str, keys: Sequence[str]) -> Batch:
        """A batch of those of ``keys`` that are in no other one: written before it is sent."""
        with self._used() as db, db:
            db.execute("BEGIN IMMEDIATE")
            query = "SELECT keys FROM batches WHERE place = ?"
            with closing(db.execute(query, (place,))) as rows:
                taken = {key for (kept,) in rows for key in json.loads(kept)}
            left = tuple([key for key in keys if key not in taken])
            row = (name, place, "", json.dumps(left), gethostname(), os.getpid())
            if left:
                db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)", row)
        return Batch(name, "", left)

    def handed_in(self, name: str, known: str) -> None:
        """The endpoint calls the batch ``known``."""
        with self._used() as db, db:
            db.execute("UPDATE batches SET id = ? WHERE name = ?", (known, name))

    def collected(self, name: str) -> None:
        """Forget the batch: all its replies are kept, or there will be none."""
        with self._used() as db, db:
            db.execute("DELETE FROM batches WHERE name = ?", (name,))

    def __len__(self) -> int:
        with self._used() as db, closing(db.execute("SELECT count(*) FROM answers")) as rows:
            return int(rows.fetchone()[0])

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; its errors in the user's words."""
        if self.path is None:
            raise UnderdogError(
                "there is no home folder to keep paid answers in",
                "name a file: export UNDERDOG_STORE=/tmp/answers.sqlite",
            )
        with self._lock:
            try:
                if self._file is None:
                    self._file = _connect(self.path)
                yield self._file
            except (OSError, sqlite3.OperationalError) as error:
                raise UnderdogError(
                    f"cannot use the store of answers {self.path}: {error}",
                    "free some space, or name another file: export UNDERDOG_STORE=FILE",
                ) from error
            except (sqlite3.DatabaseError, ValueError, TypeError) as error:
                raise UnderdogError(
                    f"the store of answers {self.path} is damaged: {error}",
                    f"put it aside: mv {self.path} {self.path}.damaged",
                ) from error


def check_store(path: Path) -> None:
    """Refuse a file at ``path`` that is no store of answers; raises as `check_tables` does."""
    check_tables(path, TABLES, BUSY, FORMAT)


def _connect(path: Path) -> sqlite3.Connection:
    check_store(path)
    make_private(path)  # completions are as private as what was asked
    db = sqlite3.connect(path, timeout=BUSY, check_same_thread=False)
    try:
        write_ahead(db, BUSY)
        db.execute("PRAGMA synchronous = FULL").close()
        with db:
            db.execute(SCHEMA).close()
            db.execute(LEASES).close()
            db.execute(BATCHES).close()
            db.execute(f"PRAGMA user_version = {FORMAT}").close()
    except BaseException:
        db.close()
        raise
    return db


_current: ContextVar[Store | None] = ContextVar("underdog_store", default=None)


def current() -> Store | None:
    """The store that is open in this context, if any. Context variables stay out of threads."""
    return _current.get()


def default_store() -> Store:
    """The store that the environment names, or the usual one. Opens no file yet."""
    return Store(kept_at("UNDERDOG_STORE", "answers.sqlite"))


def _steps(text: str) -> Steps:
    return tuple(tuple((str(t), float(p)) for t, p in step) for step in json.loads(text))
