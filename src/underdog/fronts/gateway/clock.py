"""Seconds since 1970 that never go back: what came later is counted as later."""

from __future__ import annotations

import time

STEP = 1e-6
"""Seconds between two moments while the machine's clock is behind."""

DAY = 86_400.0
"""A moment further ahead than this was no moment: the clock had been wrong then."""


class Clock:
    """Follows the machine's clock, but for the times when that was set back."""

    def __init__(self) -> None:
        self._last = 0.0

    def now(self) -> float:
        """The present moment, later than all before."""
        self._last = max(time.time(), self._last + STEP)
        return self._last

    def start(self, last: float) -> None:
        """Go on after the moment ``last`` that an earlier run wrote down."""
        if last < time.time() + DAY:
            self._last = max(self._last, last)


clock = Clock()
"""The clock of this process: every moment in the database is by it."""
