"""A process that makes attempts: a crash, a hang or a traceback of it is a result like others."""

from __future__ import annotations

import multiprocessing as mp
import os
import sys
import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from .attacks import ATTACKS, sample, unchanged

LIMIT = 10.0
"""Seconds of the processor that an attempt may take; other work on the machine counts for none."""

MEMORY = 1 << 30
"""Bytes that an attempt may take beyond what the process held before it."""


def _serve(pipe: Any, work: Path) -> None:
    import resource

    warnings.simplefilter("ignore")
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # panics of libraries are counted, not read
    pipe.send("ready")
    known: set[str] = set()
    while (job := pipe.recv()) is not None:
        kind, i, seed = job
        if kind == "folders" and (name := sample(i, work)) not in known:
            known.add(name)
            if wrong := unchanged(work, name):
                print(f"  unchanged sample {wrong}", flush=True)
        pipe.send("begun")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            outcome = ATTACKS[kind](i, seed, work)
        except BaseException as error:  # a panic of a library is no Exception
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            told = "; ".join([*getattr(error, "__notes__", ()), str(error)])
            outcome = f"traceback {type(error).__name__} at {where}: {told[:240]}"
        taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        pipe.send("memory" if taken > MEMORY else outcome)


class Worker:
    """A process that makes attempts; a crash or a hang of it is a result like others."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.start()

    def start(self) -> None:
        """Begin a fresh process, whose libraries are loaded by its first attempt."""
        context = mp.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, self.work), daemon=True)
        self.process.start()
        other.close()
        self.pipe.recv()

    def _answered(self) -> bool:
        """Whether a result comes within `LIMIT` seconds of the processor, or twelve times that."""
        process = psutil.Process(self.process.pid)
        start, end = sum(process.cpu_times()[:2]), time.monotonic() + 12 * LIMIT
        while not self.pipe.poll(1.0):
            with suppress(psutil.NoSuchProcess):
                if sum(process.cpu_times()[:2]) - start > LIMIT or time.monotonic() > end:
                    return False
        return True

    def attempt(self, kind: str, i: int, seed: int) -> str:
        """What attempt ``i`` came to."""
        self.pipe.send((kind, i, seed))
        with suppress(EOFError):
            self.pipe.recv()  # what is needed has been imported
        if not self._answered():
            self.process.kill()
            self.process.join()
            self.start()
            return f"hang: more than {LIMIT:.0f} s"
        try:
            return str(self.pipe.recv())
        except EOFError:
            self.process.join()
            code = self.process.exitcode
            self.start()
            return f"crash: exit code {code}"
