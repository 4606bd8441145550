"""A limit on time: read from '5m', and kept by stopping work that says how far it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import TypeVar

from ..core.errors import UnderdogError
from .progress import watched

T = TypeVar("T")
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """The time that ``text`` names, as in '90s', '5m', '2h'.

    >>> seconds("1.5m")
    90.0
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
    """A moment by which work shall have ended; without one, all the time in the world."""

    end: float = inf

    @classmethod
    def after(cls, seconds: float) -> Limit:
        """The limit that is ``seconds`` from now."""
        return cls(perf_counter() + seconds)

    @property
    def left(self) -> float:
        """Seconds until then; 0 afterwards."""
        return max(0.0, self.end - perf_counter())

    def within(self, work: Callable[[], T]) -> T | None:
        """What ``work`` gives, or None if the time was up before it had ended.

        Work is stopped where it next says how far it is (`progress.step`): between two batches of
        a training, say, and not inside one. What it leaves on disk it finds again, as after a
        kill. Work that never says how far it is, is not stopped.
        """
        try:
            with watched(self._look):
                return work()
        except TimeIsUp as up:
            if up.limit is not self:  # an outer limit's
                raise
            return None

    def _look(self) -> None:
        if perf_counter() >= self.end:
            raise TimeIsUp(self)
