"""What requests can make the web server log, told once a minute with how often it came."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

EVERY = 60.0
"""Seconds for which a message is only counted after it was told."""


class Seldom(logging.Filter):
    """Lets each message through once in `EVERY` seconds, and says how many were held back.

    Requests that are malformed and replies that the upstream cuts off are logged one by one by the
    web server: thousands an hour, which fill a disk, or a pipe that is read by nothing.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` is told; an error of another type is another message."""
        if record.levelno < logging.WARNING:
            return True
        error = record.exc_info[1] if record.exc_info else None
        kind = f"{record.msg} {type(error).__qualname__}"
        before, held = self._told.get(kind, (-EVERY, 0))
        now = self._clock()
        if now - before < EVERY:
            self._told[kind] = before, held + 1
            return False
        self._told[kind] = now, 0
        if held:
            text = record.getMessage()
            record.msg, record.args = f"{text} ({held:,} more since it was last told)", ()
        return True


SELDOM = Seldom()
"""The filter of this process's web server."""
