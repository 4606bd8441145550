"""A worker process: one thread, nothing of the caller's script, and gone when its parent is."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

POLL = 0.5
"""Seconds between two looks: at a worker by its parent, which a `Limit` may then stop, and at the
parent by its worker."""

_worker = False


def process() -> Any:
    """An executor with one process, which starts with the first piece of work.

    It leaves Ctrl-C to its parent, which ends it by ``shutdown(kill_workers=True)``.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    _track_quietly()
    one = dict.fromkeys(THREADS, "1")
    return ProcessPoolExecutor(1, env=one, initializer=_serve, initargs=(os.getpid(),))


def _track_quietly() -> None:
    """Start what tidies up after processes, unless it runs: without its warnings.

    A process that is ended while it lets go of a semaphore leaves its name behind. That is tidied
    up, and otherwise told on stderr after the program's last line.
    """
    from joblib.externals.loky.backend import resource_tracker

    before = os.environ.get("PYTHONWARNINGS")
    ours = "ignore:resource_tracker:UserWarning"
    os.environ["PYTHONWARNINGS"] = f"{before},{ours}" if before else ours
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def in_worker() -> bool:
    """Whether this process works for another, and so has no cores of its own to hand out."""
    return _worker


def work_here() -> None:
    """Note that this process works for another."""
    global _worker
    _worker = True


def _serve(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL)
    os._exit(1)  # a parent that was killed can stop nothing
