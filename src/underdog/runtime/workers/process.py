"""A process of one's own: one thread, none of the caller's script, and gone when its parent is."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

BEAT = 0.5
"""Seconds after which who waits for a process says so, and may be stopped by a `Limit`."""

WATCH = 0.5
"""Seconds between two looks whether the parent is still there."""


def process() -> Any:
    """An executor with one process, which begins with the first piece of work and is started
    afresh. It leaves Ctrl-C to its parent, who ends it by ``shutdown(kill_workers=True)``.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    alone = dict.fromkeys(THREADS, "1")
    return ProcessPoolExecutor(1, env=alone, initializer=_serve, initargs=(os.getpid(),))


def _serve(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)  # a parent that was killed cannot tell anybody to stop
