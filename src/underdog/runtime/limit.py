"""A limit on time, as in '5m': it stops work that reports progress."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from time import perf_counter

from ..core.errors import UnderdogError
from .progress import watched

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """The time that ``text`` names, as in '90s', '5m', '2h'.

    >>> seconds("1.5m")
    90.0

    Raises `UnderdogError` for any other form.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", str(text))
    if not found or not float(found[1]):
        raise UnderdogError(f"{text!r} is no time", "write 90s, 5m or 2h")
    return float(found[1]) * UNITS[found[2]]


class TimeIsUp(BaseException):
    """Raised inside work that a `Limit` stops; like an interrupt, no error that work may catch."""

    def __init__(self, limit: Limit) -> None:
        super().__init__("the time is up")
        self.limit = limit


@dataclass(frozen=True, eq=False)
class Limit:
    """The moment by which work must end; without one, time is unlimited."""

    end: float = inf

    @classmethod
    def after(cls, seconds: float) -> Limit:
        """The limit that is ``seconds`` from now."""
        return cls(perf_counter() + seconds)

    @property
    def left(self) -> float:
        """Seconds until then; 0 afterwards."""
        return max(0.0, self.end - perf_counter())

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Raise `TimeIsUp` inside the block once the time is up.

        That is where work next reports progress (`progress.step`): between two batches of a
        training, say, and not inside one. What it leaves on disk it finds again, as after a kill.
        Work that never reports progress is not stopped.
        """
        with watched(self._look):
            yield

    def _look(self) -> None:
        if perf_counter() >= self.end:
            raise TimeIsUp(self)
