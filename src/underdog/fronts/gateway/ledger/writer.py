"""Rows on their way to the database: written by a thread, in batches, in order, and never lost.

What cannot be written, since the database is away or the disk is full, stays in memory and is
tried again. A row is on its way once `put` returned, and in the database after `flush`. Rows of
the ledger are in a journal meanwhile, from which the next gateway takes them after SIGKILL.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from .journal import Journal, place
from .store import Row, Store, storable

PAUSE = 0.1
"""Seconds between two batches: many rows in one transaction cost little more than one."""

RETRY = 2.0

ADOPT = 2.0
"""Seconds between two looks for the journals of gateways that were killed."""

MOST = 500_000
"""Examples that wait in memory at most: beyond it the oldest go. Rows of the ledger never do."""

CROWDED = 2_000
"""Jobs in the queue from which on callers should not add any that can be left out."""

Job = Callable[[], object]


class Writer:
    """A thread that writes rows, and does other work that must not delay a request (`later`)."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.problem = ""
        self.written = 0
        self._rows: dict[str, list[Row]] = {"requests": [], "examples": []}
        self._jobs: deque[Job] = deque()
        self._soon: deque[Job] = deque()
        self._every: list[Job] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._idle = threading.Event()
        self._journal = Journal(place(store))
        self._adopted = 0.0
        self._adopt()
        self._thread = threading.Thread(target=self._work, name="underdog-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Rows and jobs that are not done yet."""
        rows = sum(len(rows) for rows in self._rows.values())
        return len(self._jobs) + len(self._soon) + rows

    @property
    def crowded(self) -> bool:
        """Whether jobs come faster than they are done."""
        return len(self._jobs) >= CROWDED

    def put(self, table: str, row: Row) -> None:
        """Write ``row`` soon."""
        if table == "requests":
            self._journal.note(row)
        self._rows[table].append(storable(row))

    def note(self, row: Row) -> None:
        """Keep a row of the ledger in case that the process is killed before the row is `put`."""
        self._journal.note(row)

    def later(self, job: Job) -> None:
        """Run ``job`` in the writer's thread, before what is put afterwards."""
        self._jobs.append(job)

    def soon(self, job: Job) -> None:
        """Run a short ``job`` in the event loop, after the reply that was sent before.

        For some microseconds of work, two threads that take the interpreter from each other cost
        every request more than the work does.
        """
        self._soon.append(job)
        asyncio.get_running_loop().call_soon(self._run_soon)

    def regularly(self, job: Job) -> None:
        """Run ``job`` after each batch; it decides itself whether there is something to do."""
        self._every.append(job)

    def flush(self, seconds: float = 30.0) -> bool:
        """Wait until all is written; False if that did not happen in time."""
        end = time.monotonic() + seconds
        while self.waiting or not self._idle.is_set():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def close(self, seconds: float = 30.0) -> None:
        """Write what is left, and end."""
        fine = self.flush(seconds)
        self._stop.set()
        self._thread.join(5.0)
        self._journal.close()
        if not fine:
            logging.getLogger("underdog").error(
                "%d rows could not be written: %s", self.waiting, self.problem
            )

    def _work(self) -> None:
        while not self._stop.is_set():
            self._idle.clear()
            self._run()
            wait = PAUSE if self._write() else RETRY
            self._adopt()
            for job in self._every:
                self._guarded(job)
            if not self.waiting:
                self._idle.set()
            self._stop.wait(wait)

    def _run_soon(self) -> None:
        self._guarded(self._soon[0])
        self._soon.popleft()

    def _run(self) -> None:
        for _ in range(len(self._jobs)):
            self._guarded(self._jobs.popleft())
            time.sleep(0)  # a request that waits for the interpreter goes first

    def _adopt(self) -> None:
        now = time.monotonic()
        if now - self._adopted > ADOPT and not self.problem:
            self._adopted = now
            self._guarded(lambda: self._journal.adopt(self.store))

    def _guarded(self, job: Job) -> None:
        try:
            job()
        except Exception as error:  # one exchange that cannot be read must not end the thread
            self.problem = f"{type(error).__name__}: {error}"[:300]
            if not isinstance(error, OSError):
                logging.getLogger("underdog").error("%s", self.problem)

    def _write(self) -> bool:
        for table, rows in self._rows.items():
            batch = rows[:5000]
            while batch:
                try:
                    self._put(table, batch)
                except OSError as error:
                    self.problem = str(error)
                    self._shed(rows)
                    return False
                del rows[: len(batch)]
                if table == "requests":
                    self._journal.written(batch)
                self.written += len(batch)
                batch = rows[:5000]
        self.problem = ""
        return True

    def _put(self, table: str, batch: list[Row]) -> None:
        """Write a batch; where the database refuses a row, all others all the same."""
        try:
            with self.store.errors():
                return self.store.put(table, batch)
        except ValueError:
            if len(batch) == 1:
                return logging.getLogger("underdog").exception("a row was refused")
        for row in batch:
            self._put(table, [row])

    def _shed(self, rows: list[Any]) -> None:
        if len(rows) > MOST and rows is self._rows["examples"]:
            del rows[: len(rows) - MOST]
