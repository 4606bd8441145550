"""Several gateways on one database: tasks and small models are shared, guarantees are not.

Each gateway counts its own answers and audits, so each keeps the guarantee by itself, whatever
happens to the others. It keeps its tasks in rows of its own, and reads those of the others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import psutil

from ..ledger.store import Store
from .task import TaskState

CLAIM = 600
"""Seconds after which another gateway may begin a fit that one began and never finished."""


class Sharing:
    """The tasks of one gateway among those of others; alone on SQLite, nothing is shared."""

    def __init__(self, store: Store, port: int) -> None:
        self._store = store
        self._name = f"{os.uname().nodename}:{port}:{os.getpid()}" if store.shared else ""
        self._seen: dict[str, float] = {}

    def row(self, task: TaskState) -> str:
        """The identity of the row in which this gateway keeps a task."""
        return f"{task.id}@{self._name}" if self._name else task.id

    def kept(self) -> Iterator[tuple[TaskState, float]]:
        """The tasks that changed since the last call, and when (seconds since 1970)."""
        for name, at in self._store.rows("SELECT id, at FROM tasks ORDER BY at"):
            if self._seen.get(name) == at or (self._name and name.endswith(f"@{self._name}")):
                continue
            self._seen[name] = at
            for row in self._store.rows("SELECT * FROM tasks WHERE id = :id", id=name):
                try:
                    yield TaskState.of((name.partition("@")[0], *row[1:])), at
                except Exception:  # by another version, or damaged: found again in the traffic
                    continue

    def claim(self, task: TaskState) -> bool:
        """Whether this gateway may fit a task now: of several, one does, and all use the result."""
        if not self._name:
            return True
        fit, window = f"fit {task.id} {task.counts.fits}", int(time.time()) // CLAIM
        before = self._holder(f"{fit} {window - 1}")
        if before and before != self._name and not _gone(before):
            return False
        key = f"{fit} {window}"
        self._store.put("settings", [(key, self._name.encode())])
        holder = self._holder(key)
        if _gone(holder):
            named = {"id": key, "holder": holder.encode()}
            self._store.delete("DELETE FROM settings WHERE id = :id AND salt = :holder", **named)
            self._store.put("settings", [(key, self._name.encode())])
            holder = self._holder(key)
        return holder == self._name

    def _holder(self, key: str) -> str:
        """The gateway that made the claim ``key``; empty if none did."""
        found = self._store.rows("SELECT salt FROM settings WHERE id = :id", id=key)
        return bytes(found[0][0]).decode() if found else ""

    def alone(self) -> bool:
        """Whether no other gateway can use this database's tasks."""
        return not self._name


def _gone(gateway: str) -> bool:
    """Whether ``gateway`` ran on this machine and was killed; of others that is not known."""
    node, _, rest = gateway.rpartition(":")[0].rpartition(":")
    pid = gateway.rpartition(":")[2]
    return bool(rest) and node == os.uname().nodename and not psutil.pid_exists(int(pid))


def take(mine: TaskState, other: TaskState) -> None:
    """Use what another gateway knows of a task: a newer small model, and what a person decided."""
    mine.policy = other.policy
    term = other.learner.stream.now
    newer = other.counts.fits > mine.counts.fits and other.resolved == mine.resolved
    if newer and term.record is not None and term.student is not None:
        mine.learner.postpone()
        mine.learner.adopt(mine.learner.stream.now, term.record, term.student)
        mine.counts.fits, mine.counts.compared, mine.counts.differed = other.counts.fits, 0, 0
        mine.dirty = True


def copied(other: TaskState, fresh: TaskState) -> TaskState:
    """``fresh``, which counts from nothing, with what another gateway knows of the task."""
    fresh.tenant, fresh.resolved, fresh.about = other.tenant, other.resolved, other.about
    fresh.spellings, fresh.price, fresh.since = other.spellings, other.price, other.since
    take(fresh, other)
    return fresh
