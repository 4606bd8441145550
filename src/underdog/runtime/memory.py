"""How much memory a piece of work took at its peak; and giving back what is free again."""

from __future__ import annotations

import ctypes
import sys
from threading import Event, Thread

import psutil


class PeakMemory:
    """Samples this process's resident memory while the block runs.

    ``bytes`` is the peak over what was in use at the start. A library loaded during the block
    counts; memory that an earlier block left free for reuse does not; a spike shorter than the
    sampling interval of 10 ms may be missed.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._done = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._process = psutil.Process()
        self._start = self._process.memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(0.01):
            self._look()

    def _look(self) -> None:
        self.bytes = max(self.bytes, self._process.memory_info().rss - self._start)


def release() -> None:
    """Give memory that was freed back to the system, where the C library is glibc.

    It keeps pieces between those in use: a training on batches of many lengths came to hold
    several times what it needed.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
