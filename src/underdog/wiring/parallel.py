"""The same work on many things: on this machine's cores, or on a cluster."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from . import cluster
from .parcel import DIED, Crash, abroad, opened, posted, tried
from .process import BEAT, process
from .progress import step

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

    Where the environment names a cluster, it does the work (see `underdog.wiring.cluster`); what
    it leaves undone is done here. Here, things are done one by one until one has taken `SLOW`
    seconds; from then on each core gets a process, with one thread, that does one thing at a
    time. Work that raises, or whose process dies, is a `Crash` and costs that thing alone; an
    `UnderdogError` is raised, for it is meant for the user. Bills and warnings from processes
    arrive here: seconds are added up over processes. Work that is itself spread stays in its
    process. ``work``, ``shared``, ``things`` and results must be picklable for the processes'
    sake. Close the iterator (`contextlib.closing`) to stop what is under way.
    """
    queue = deque(enumerate(things))
    alone = abroad() or len(queue) < 2
    if not alone and cluster.named():
        yield from cluster.spread(work, shared, queue)
    slow = False
    while queue and not (slow and len(queue) > 1 and cores() > 1 and not alone):
        at, thing = queue.popleft()
        start = time.perf_counter()
        result = tried(work, shared, thing)
        slow = slow or time.perf_counter() - start >= SLOW
        yield at, result
    yield from _spread(work, shared, queue)


def _spread(
    work: Callable[[S, A], B], shared: S, queue: deque[tuple[int, A]]
) -> Generator[tuple[int, B | Crash], None, None]:
    """Each thing in a process that has no other in hand, so that a death is nobody else's."""
    idle = [process() for _ in range(min(cores(), len(queue)))]
    busy: dict[Future[Any], tuple[int, Any]] = {}
    try:
        while queue or busy:
            while queue and idle:
                at, thing = queue.popleft()
                worker = idle.pop()
                busy[worker.submit(posted, work, shared, thing)] = at, worker
            with step("side by side") as advance:
                while not (done := wait(busy, BEAT, FIRST_COMPLETED).done):
                    advance(0)
            for future in done:
                at, worker = busy.pop(future)
                died = isinstance(future.exception(), BrokenProcessPool)
                if died:
                    worker.shutdown(wait=False)
                idle.append(process() if died else worker)
                yield at, Crash(DIED) if died else opened(future.result())
    finally:
        for worker in [*idle, *(worker for _, worker in busy.values())]:
            worker.shutdown(wait=False, kill_workers=True)
