"""The same work on many things: on this machine's cores, or on a cluster."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from threading import Timer
from time import perf_counter
from typing import Any, Generic, TypeVar

from ..progress import step
from . import cluster
from .parcel import DIED, Crash, abroad, opened, posted, tried
from .process import BEAT, process

S = TypeVar("S")
A = TypeVar("A")
B = TypeVar("B")

SLOW = 5.0
"""Seconds of work from which on a process of its own, two or three to start, is worth it."""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(
    work: Callable[[S, A], B], shared: S, things: Sequence[A]
) -> Generator[tuple[int, B | Crash], None, None]:
    """``work(shared, thing)`` for each of ``things``, as results come in, each with its place.

    Where the environment names a cluster, it does the work (see
    `underdog.runtime.workers.cluster`); what it leaves undone is done here. Here, things are
    done one by one until one has taken `SLOW` seconds; from then on, beside it, each core gets
    a process, with one thread, that does one thing at a time. Work that raises, or whose
    process dies, is a `Crash` and costs that thing alone; an `UnderdogError` is raised, for it
    is meant for the user. Bills and warnings from processes arrive here: seconds are added up
    over processes. Work that is itself spread stays in its process. ``work``, ``shared``,
    ``things`` and results must be picklable for the processes' sake. Close the iterator
    (`contextlib.closing`) to stop what is under way.
    """
    queue = deque(enumerate(things))
    alone = abroad() or len(queue) < 2
    if not alone and cluster.named():
        yield from cluster.spread(work, shared, queue)
    if alone or cores() < 2:
        yield from ((at, tried(work, shared, thing)) for at, thing in queue)
        return
    crew, slow = Crew(work, shared, queue), False
    try:
        while queue and not slow:
            at, thing = queue.popleft()
            start = perf_counter()
            with crew.helping(SLOW):
                result = tried(work, shared, thing)
            slow = perf_counter() - start >= SLOW
            yield at, result
        yield from crew.results()
    finally:
        crew.dismiss()


class Crew(Generic[S, A, B]):
    """Processes that empty a queue: each has one thing in hand, so a death is nobody else's."""

    def __init__(self, work: Callable[[S, A], B], shared: S, queue: deque[tuple[int, A]]) -> None:
        self.work, self.shared, self.queue = work, shared, queue
        self.idle: list[Any] = []
        self.busy: dict[Future[Any], tuple[int, Any]] = {}

    def employ(self, most: int) -> None:
        """Hand out things until ``most`` processes are busy, or none is left."""
        while self.queue and len(self.busy) < most:
            at, thing = self.queue[0]
            worker = self.idle.pop() if self.idle else process()
            try:
                future = worker.submit(posted, self.work, self.shared, thing)
            except BrokenProcessPool:  # it died while it had nothing to do
                worker.shutdown(wait=False)
                continue
            self.queue.popleft()
            self.busy[future] = at, worker

    @contextmanager
    def helping(self, after: float) -> Iterator[None]:
        """After so many seconds, employ the cores that whoever is inside leaves idle."""
        call = Timer(after, self.employ, [cores() - 1])
        call.daemon = True
        call.start()
        try:
            yield
        finally:
            call.cancel()
            call.join()  # what it has begun is known from here on

    def results(self) -> Generator[tuple[int, B | Crash], None, None]:
        """What comes of everything that is in hand or in the queue, on all cores."""
        while self.queue or self.busy:
            self.employ(cores())
            with step("side by side") as advance:
                while not (done := wait(self.busy, BEAT, FIRST_COMPLETED).done):
                    advance(0)
            for future in done:
                at, worker = self.busy.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    worker.shutdown(wait=False)
                    yield at, Crash(DIED)
                else:
                    self.idle.append(worker)
                    yield at, opened(future.result())

    def dismiss(self) -> None:
        """End every process, whatever it has in hand."""
        for worker in [*self.idle, *(worker for _, worker in self.busy.values())]:
            worker.shutdown(wait=False, kill_workers=True)
