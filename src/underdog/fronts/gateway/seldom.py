"""Warnings that every stranger's request can cause, told once a minute with their number."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

EVERY = 60.0
"""Seconds for which a warning is only counted after it was told."""


class Seldom(logging.Filter):
    """Lets each warning through once in `EVERY` seconds, and says how many were held back."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` is told; what is no warning always is."""
        if record.levelno != logging.WARNING:
            return True
        before, held = self._told.get(str(record.msg), (-EVERY, 0))
        now = self._clock()
        if now - before < EVERY:
            self._told[str(record.msg)] = before, held + 1
            return False
        self._told[str(record.msg)] = now, 0
        if held:
            text = record.getMessage()
            record.msg, record.args = f"{text} ({held:,} more since it was last told)", ()
        return True


SELDOM = Seldom()
"""The filter of this process's web server."""
