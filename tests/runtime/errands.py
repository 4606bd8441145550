"""Pieces of work that tests send to other processes, which import this file and no test."""

import os
import time
import warnings
from pathlib import Path

from underdog.core.cost import Cost, charge
from underdog.core.errors import UnderdogError
from underdog.runtime.workers.parallel import attempts
from underdog.runtime.workers.process import in_worker


class Unsendable:
    """What cannot be pickled."""

    def __reduce__(self):
        raise TypeError("it holds a connection")


def work(shared, what):
    """What was asked for, and where it was done; or what can go wrong."""
    charge(Cost(seconds=1.0, calls=1))
    if what == "dies":
        os._exit(1)
    if what == "raises":
        raise RuntimeError("no luck")
    if what == "is wrong":
        raise UnderdogError("there is no such label", "name another")
    if what == "warns":
        warnings.warn("mind the gap", stacklevel=1)
    if what == "cannot be sent":
        return Unsendable()
    return shared, what, os.getpid(), os.environ.get("OMP_NUM_THREADS")


def waits(folder, what):
    """Leaves its mark; but for the first thing, goes on for ever in a worker process."""
    Path(folder, what).write_text(str(os.getpid()))
    while in_worker() and what != "a":
        time.sleep(0.05)
    return what


def meets(folder, what):
    """Leaves its mark, and waits until somebody else has left one too; who they are."""
    Path(folder, what).touch()
    deadline = time.monotonic() + 60
    while len(os.listdir(folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    return sorted(os.listdir(folder))[:2]


def nested(_, things):
    """Where each of the things was done."""
    return sorted({made.value[2] for _, made in attempts(work, None, things)})


def outcomes(results):
    """By index what came of each item: the value, or the status, problem and hint."""
    return {
        at: made.value if made.status == "done" else (made.status, made.problem, made.hint)
        for at, made in results
    }
