"""The same work on many things, on this machine's cores."""

from __future__ import annotations

import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..core.cost import Cost, Ledger, charge
from ..core.errors import UnderdogError

A = TypeVar("A")
B = TypeVar("B")

SLOW = 5.0
"""Seconds of work from which on a process of its own, two or three to start, is worth it."""

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
DIED = "its process died, perhaps for want of memory"


@dataclass(frozen=True)
class Crash:
    """What is there in place of a result: why there is none."""

    reason: str


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[A], B], things: Sequence[A]) -> Iterator[tuple[int, B | Crash]]:
    """``work`` done on each of ``things``, as results come in, each with its place.

    Things are done one by one here until one has taken `SLOW` seconds; from then on each core
    gets a process, with one thread, that does one thing at a time. Work that raises, or whose
    process dies, is a `Crash` and costs that thing alone; an `UnderdogError` is raised, for it
    is meant for the user. Bills and warnings from processes arrive here: seconds are added up
    over processes. ``work``, ``things`` and results must be picklable for the processes' sake.
    """
    queue = deque(enumerate(things))
    slow = False
    while queue and not (slow and len(queue) > 1 and cores() > 1):
        at, thing = queue.popleft()
        start = time.perf_counter()
        result = _tried(work, thing)
        slow = slow or time.perf_counter() - start >= SLOW
        yield at, result
    yield from _spread(work, queue)


def _tried(work: Callable[[A], B], thing: A) -> B | Crash:
    try:
        return work(thing)
    except UnderdogError:
        raise
    except Exception as error:
        return Crash(repr(error))


def _spread(work: Callable[[A], B], queue: deque[tuple[int, A]]) -> Iterator[tuple[int, B | Crash]]:
    """Each thing in a process that has no other in hand, so that a death is nobody else's."""
    idle = [_process() for _ in range(min(cores(), len(queue)))]
    busy: dict[Future[Any], tuple[int, Any]] = {}
    try:
        while queue or busy:
            while queue and idle:
                at, thing = queue.popleft()
                process = idle.pop()
                busy[process.submit(_posted, work, thing)] = at, process
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                at, process = busy.pop(future)
                died = isinstance(future.exception(), BrokenProcessPool)
                if died:
                    process.shutdown(wait=False)
                idle.append(_process() if died else process)
                yield at, Crash(DIED) if died else _unpacked(future.result())
    finally:
        for process in [*idle, *(process for _, process in busy.values())]:
            process.shutdown(wait=False, kill_workers=True)


@dataclass(frozen=True)
class _Parcel(Generic[B]):
    result: B | Crash
    bill: Cost
    said: tuple[str, ...]


def _posted(work: Callable[[A], B], thing: A) -> _Parcel[B]:
    """``work`` in a process: its result, and what would otherwise be lost with the process."""
    with warnings.catch_warnings(record=True) as said, Ledger() as bill:
        warnings.simplefilter("always", UserWarning)
        result = _tried(work, thing)
    texts = tuple(str(w.message) for w in said if w.category is UserWarning)
    return _Parcel(result, bill.total, texts)


def _unpacked(parcel: _Parcel[B]) -> B | Crash:
    charge(parcel.bill)
    for text in parcel.said:
        warnings.warn(text, stacklevel=3)
    return parcel.result


def _process() -> Any:
    """One process, started afresh: it imports what it needs, and never the caller's script."""
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(1, env={name: "1" for name in THREADS})
