"""How many texts a month a log holds, by a column of dates in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from ..core.cost import Floats
from ..core.data import Column
from .sheet import shown

NAMES = re.compile(r"(^|[\W_])(date|datetime|time|timestamp|created|sent|received)([\W_]|$)", re.I)
SAMPLE = 2_000
"""Cells from which a column is judged."""

MONTH = 365.25 / 12
"""Days."""


def monthly_volume(columns: Mapping[str, Column]) -> tuple[float, str] | None:
    """Rows a month, and the column of dates that says so; None where no column does.

    A column counts if by its name it holds dates, if nine cells of ten are dates, and if these
    span a day at least. Assumes that the log holds every text of its time.
    """
    for name, cells in columns.items():
        if NAMES.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)):
            days = _days(cells[:: max(1, len(cells) // SAMPLE)])
            known = days[~np.isnan(days)]
            span = float(np.ptp(known)) if len(known) else 0.0
            if len(known) >= 0.9 * len(days) and span >= 1:
                return len(cells) / span * MONTH, name
    return None


def are_dates(texts: Sequence[str]) -> bool:
    """Whether nine of ten ``texts`` are dates as ISO 8601 writes them."""
    return bool((~np.isnan([_day(text) for text in texts])).mean() >= 0.9) if texts else False


def _days(cells: Column) -> Floats:
    """Each cell as days since 1970, NaN where it is no date, shape ``[cells]``."""
    return np.array([_day(cell) for cell in cells])


def _day(cell: str | float | None) -> float:
    if isinstance(cell, int | float):
        for unit in (1.0, 1e3, 1e6):  # seconds, milliseconds and microseconds since 1970
            if 5e8 < cell / unit < 5e9:
                return cell / unit / 86_400
        return float("nan")
    try:
        found = datetime.fromisoformat(shown(cell).strip())
    except ValueError:
        return float("nan")
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp() / 86_400
