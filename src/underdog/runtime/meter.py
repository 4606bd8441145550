"""Seconds, joules and dollars of work done on this machine, and how they were got."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from ..core.cost import FIELDS, Cost, Floats, charge
from ..core.errors import UnderdogError

WATTS = (3.0, 7.0, 15.0)
"""A busy core's draw, low, likely and high, where no meter can be read. An assumption."""

MACHINE_HOUR = 0.10
"""Dollars per hour of this machine unless UNDERDOG_MACHINE_HOUR says otherwise. An assumption."""

HOUR = "UNDERDOG_MACHINE_HOUR"

NOTHING_ELSE = [0.0] * (len(FIELDS) - 3)
"""Tokens and calls of an answer that is computed here."""

RAPL = Path("/sys/class/powercap/intel-rapl:0")


def machine_hour() -> float:
    """The price of an hour of this machine, in dollars.

    Raises `UnderdogError` if UNDERDOG_MACHINE_HOUR is not a number.
    """
    said = os.environ.get(HOUR, "")
    try:
        return float(said) if said else MACHINE_HOUR
    except ValueError:
        raise UnderdogError(
            f"UNDERDOG_MACHINE_HOUR is {said!r}, not a number", "export UNDERDOG_MACHINE_HOUR=0.10"
        ) from None


@contextmanager
def hour_costs(dollars: float | None) -> Iterator[None]:
    """Inside the block an hour of this machine costs ``dollars``; None leaves its price alone."""
    before = os.environ.get(HOUR)
    if dollars is not None:
        os.environ[HOUR] = repr(dollars)
    try:
        yield
    finally:
        if dollars is not None:
            os.environ.pop(HOUR)
            os.environ.update({HOUR: before} if before is not None else {})


class Meter:
    """Runs from the moment it is made; `bill` charges what has been used since.

    Joules are estimated (busy core-seconds times `WATTS`), dollars are seconds at the price of
    this machine. Every thread of the process counts, so two meters running at once both see it.
    """

    __slots__ = ("_busy", "_wall")

    def __init__(self) -> None:
        self._wall, self._busy = perf_counter(), process_time()

    def bill(self, n: int) -> Floats:
        """Charge the work so far and return it as ``n`` equal receipts, shape ``[n, 6]``."""
        if not n:
            return np.zeros((0, len(FIELDS)))
        seconds = (perf_counter() - self._wall) / n
        joules = (process_time() - self._busy) / n * WATTS[1]
        one = [seconds, joules, seconds * (machine_hour() / 3600), *NOTHING_ELSE]
        costs = np.array([one]) if n == 1 else np.tile(one, (n, 1))
        charge(costs)
        return costs


@dataclass(frozen=True)
class Energy:
    """Joules with an interval, and how they were got: measured, estimated or unknown."""

    joules: float | None
    low: float | None
    high: float | None
    method: str

    @classmethod
    def of(cls, bill: Cost, measured: float | None = None) -> Energy:
        """The energy behind ``bill``: what RAPL counted meanwhile, or the receipts' estimate.

        A meter counts the whole processor package, by any process, and not memory or disks;
        ten per cent either way is our allowance for that, not a measurement.
        """
        if bill.joules is None:
            return cls(None, None, None, "unknown")
        if measured is not None:
            return cls(measured, measured * 0.9, measured * 1.1, "measured (RAPL)")
        low, likely, high = WATTS
        method = f"estimated ({likely:g} W per busy core; {low:g} to {high:g})"
        return cls(bill.joules, bill.joules * low / likely, bill.joules * high / likely, method)


def rapl() -> float | None:
    """Joules counted by the processor so far; None where no counter can be read."""
    try:
        return int((RAPL / "energy_uj").read_text()) / 1e6
    except (OSError, ValueError):
        return None


def rapl_since(start: float | None) -> float | None:
    """Joules counted since ``start``, which `rapl` gave; minds the counter's wrap-around."""
    end = rapl()
    if start is None or end is None:
        return None
    if end >= start:
        return end - start
    try:
        return end - start + int((RAPL / "max_energy_range_uj").read_text()) / 1e6
    except (OSError, ValueError):
        return None
