"""The same work on many items: on this machine's cores, or on a cluster."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from functools import partial
from threading import Timer
from typing import Any, Generic, TypeVar

from ..cache import Cache
from ..progress import step
from . import cluster
from .attempt import DIED, Attempt, attempt, crashed, keep, resumed
from .process import POLL, in_worker, process, work_here

S = TypeVar("S")
A = TypeVar("A")
B = TypeVar("B")

Attempts = Generator[tuple[int, Attempt[B]], None, None]

SLOW = 5.0
"""Seconds of work above which starting another process, which takes two or three, pays off."""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def attempts(
    work: Callable[[S, A], B],
    shared: S,
    items: Sequence[A],
    *,
    cache: Cache | None = None,
    keys: Sequence[str] = (),
) -> Attempts[B]:
    """``work(shared, item)`` for each of ``items``: (index, `Attempt`) pairs as they finish.

    Items done before are taken from ``cache`` by their ``keys``. A cluster named by the environment
    does the others (see `underdog.runtime.workers.cluster`), and this machine what it leaves. Here,
    items are done one by one until one has taken `SLOW` seconds; from then on each core gets a
    process with one thread, which does one item at a time, so an item that kills its process costs
    no other. Costs and warnings of processes arrive here; seconds add up over processes. Work
    inside a worker process is not spread again. ``work``, ``shared``, ``items`` and results must be
    picklable. Close the generator (`contextlib.closing`) to stop. `UnderdogError` if the named
    cluster cannot be used.
    """
    queue: deque[tuple[int, A]] = deque()
    for at, item in enumerate(items):
        if kept := resumed(cache, keys[at] if keys else ""):
            yield at, kept
        else:
            queue.append((at, item))
    with closing(_done(work, shared, queue)) as results:
        for at, made in results:
            keep(cache, keys[at] if keys else "", made)
            yield at, made


def _done(work: Callable[[S, A], B], shared: S, queue: deque[tuple[int, A]]) -> Attempts[B]:
    alone = in_worker() or len(queue) < 2
    if not alone and cluster.named():
        yield from cluster.spread(work, shared, queue)
    alone, slow = alone or cores() < 2, False
    pool = Pool(work, shared, queue)
    try:
        while queue and not slow:
            at, item = queue.popleft()
            with pool.helping(SLOW, 0 if alone else cores() - 1):
                made = attempt(partial(work, shared, item))
            slow = made.seconds >= SLOW and not alone
            yield at, made
        yield from pool.results()
    finally:
        pool.close()


def _posted(work: Callable[[S, A], B], shared: S, item: A) -> Attempt[B]:
    """``work(shared, item)`` done in a worker process, quietly: the parent gives its warnings."""
    work_here()
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always", UserWarning)
        return attempt(partial(work, shared, item))


class Pool(Generic[S, A, B]):
    """Processes that empty a queue, with one item each at a time."""

    def __init__(self, work: Callable[[S, A], B], shared: S, queue: deque[tuple[int, A]]) -> None:
        self.work, self.shared, self.queue = work, shared, queue
        self.idle: list[Any] = []
        self.busy: dict[Future[Attempt[B]], tuple[int, Any]] = {}

    def fill(self, most: int) -> None:
        """Hand out items until ``most`` processes are busy or the queue is empty."""
        while self.queue and len(self.busy) < most:
            at, item = self.queue[0]
            worker = self.idle.pop() if self.idle else process()
            try:
                future = worker.submit(_posted, self.work, self.shared, item)
            except BrokenProcessPool:  # it died while it had nothing to do
                worker.shutdown(wait=False)
                continue
            self.queue.popleft()
            self.busy[future] = at, worker

    @contextmanager
    def helping(self, after: float, most: int) -> Iterator[None]:
        """After so many seconds inside the block, start up to ``most`` processes beside it."""
        call = Timer(after, self.fill, [most])
        call.daemon = True
        call.start()
        try:
            yield
        finally:
            call.cancel()
            call.join()  # what it has begun is known from here on

    def results(self) -> Attempts[B]:
        """What comes of every item that is under way or in the queue, on all cores."""
        while self.queue or self.busy:
            self.fill(cores())
            with step("in parallel") as advance:
                while not (done := wait(self.busy, POLL, FIRST_COMPLETED).done):
                    advance(0)
            for future in done:
                at, worker = self.busy.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    worker.shutdown(wait=False)
                    yield at, DIED
                    continue
                self.idle.append(worker)
                made = future.result() if error is None else crashed(error)  # cannot be pickled
                made.account()
                yield at, made

    def close(self) -> None:
        """End every process, whatever it is doing."""
        for worker in [*self.idle, *(worker for _, worker in self.busy.values())]:
            worker.shutdown(wait=False, kill_workers=True)
