"""What came out of a comparison, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..evaluate.audit import Audit
from ..evaluate.forecast import Forecast
from .bill.terms import ASSUMED, Volume
from .labels.unlabelled import Unlabelled
from .rows import Row, Summary
from .runs.learning_curve import CurvePoint
from .runs.lineup import Absent
from .runs.run import Run
from .test_set import TestSet
from .verdict import Verdict


@dataclass(frozen=True)
class Budget:
    """Seconds allowed for fitting and answering, how many more are tolerated, and those spent."""

    seconds: float
    tolerance: float
    spent: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out of a comparison.

    ``runs`` hold the answers themselves, ``summaries`` the contestants over their seeds, the most
    accurate first; ``absent`` what did not take part, and why. ``title`` and ``notes`` are the
    user's own, for the report.
    """

    gold: TestSet
    name: str
    protocol: str
    trained_on: int
    runs: tuple[Run, ...]
    incumbent: str
    summaries: tuple[Summary, ...]
    verdict: Verdict
    curves: Mapping[str, tuple[CurvePoint, ...]]
    forecast: Forecast | None
    audit: Audit
    label_price: float | None
    absent: tuple[Absent, ...] = ()
    budget: Budget | None = None
    unlabelled: Unlabelled | None = None
    slices: tuple[Mapping[str, Any], ...] = ()
    mistakes: Mapping[str, Any] = field(default_factory=dict)
    volume: Volume = ASSUMED
    title: str | None = None
    notes: str | None = None

    @property
    def rows(self) -> list[Row]:
        """A row per contestant and seed."""
        return [row for summary in self.summaries for row in summary.rows]
