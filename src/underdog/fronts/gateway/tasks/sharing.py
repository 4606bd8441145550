"""Several gateways on one database: tasks and small models are shared, guarantees are not.

Each gateway counts its own answers and audits, so each keeps the guarantee by itself, whatever
happens to the others. It keeps its tasks in rows of its own, and reads those of the others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from ....teach.online.summary import Summary
from ..ledger.store import Store
from ..settings import Settings
from .task import Counts, TaskState

CLAIM = 600
"""Seconds after which another gateway may begin a fit that one began and never finished."""


@dataclass(frozen=True)
class Told:
    """What one gateway knows of a task: what happened, its state, and what is guaranteed."""

    counts: Counts
    state: str
    summary: Summary


class Sharing:
    """The tasks of one gateway among those of others; alone on SQLite, nothing is shared.

    A worker has the rows of the worker of its number before it, and so goes on with its counts.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        with_others = store.shared or settings.worker
        process = f"{os.uname().nodename}:{settings.port}:{os.getpid()}"
        self._name = process if with_others else ""
        self._owner = settings.name if settings.worker else self._name
        self._seen: dict[str, float] = {}
        self._begun = False
        self._settings = settings
        self._others: dict[str, Told] = {}

    def row(self, task: TaskState) -> str:
        """The identity of the row in which this gateway keeps a task."""
        return f"{task.id}@{self._owner}" if self._owner else task.id

    def kept(self) -> Iterator[tuple[TaskState, float, bool]]:
        """The tasks that changed since the last call, when (seconds since 1970), and whether they
        are this gateway's own, of an earlier run; these come first, and the first time only.
        """
        found = self._store.rows("SELECT id, at FROM tasks ORDER BY at")
        own = [(name, at, True) for name, at in found if self._mine(name) and not self._begun]
        self._begun = True
        for name, at, mine in [*own, *((n, at, False) for n, at in found if not self._mine(n))]:
            if self._seen.get(name) == at:
                continue
            self._seen[name] = at
            for row in self._store.rows("SELECT * FROM tasks WHERE id = :id", id=name):
                try:
                    task = TaskState.of((name.partition("@")[0], *row[1:]))
                except Exception:  # by another version, or damaged: found again in the traffic
                    continue
                if not mine:
                    self._others[name] = self._told(task)
                yield task, at, mine

    def told(self, task: TaskState) -> list[Told]:
        """What this gateway knows of a task, and what all others have told of it."""
        others = self._others.items()
        return [self._told(task), *(t for name, t in others if name.partition("@")[0] == task.id)]

    def _told(self, task: TaskState) -> Told:
        state = task.state(self._settings.mode, self._settings.risk)
        return Told(task.counts, state, task.learner.summary)

    def _mine(self, name: str) -> bool:
        return name.partition("@")[2] == self._owner

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
    if other.policy.at > mine.policy.at:
        mine.policy = other.policy
    term = other.learner.stream.now
    newer = other.counts.fits > mine.counts.fits and other.resolved == mine.resolved
    if newer and term.record is not None and term.student is not None:
        if mine.learner.models is None:
            mine.compare_again()
        mine.learner.postpone()
        mine.learner.adopt(mine.learner.stream.now, term.record, term.student)
        mine.counts.fits, mine.dirty = other.counts.fits, True


def copied(other: TaskState, fresh: TaskState) -> TaskState:
    """``fresh``, which counts from nothing, with what another gateway knows of the task."""
    fresh.tenant, fresh.resolved, fresh.about = other.tenant, other.resolved, other.about
    fresh.spellings, fresh.price, fresh.since = other.spellings, other.price, other.since
    take(fresh, other)
    return fresh
