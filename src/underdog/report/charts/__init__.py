"""The plots of a report, one file each: `results` -> `Chart`, or None with nothing to show.

A chart here is only numbers and words; the file of the same name in ``static/charts`` draws it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..entries import Entry, Results
from . import (
    confusion,
    coverage,
    curve,
    deferral,
    growth,
    latency,
    recall,
    reliability,
    tradeoff,
    versus,
)
from .chart import Chart as Chart

_EVERY = {
    "cost": (tradeoff, deferral),
    "difference": (versus, recall),
    "learning": (curve,),
    "mistakes": (confusion,),
    "confidence": (reliability, coverage),
    "speed": (latency,),
    "made": (growth,),
}


def charts(results: Results, entries: Sequence[Entry]) -> dict[str, list[Chart]]:
    """The charts that ``results`` has the numbers for, by the section they belong in."""
    made = {name: [m.chart(results, entries) for m in every] for name, every in _EVERY.items()}
    return {name: [c for c in found if c and not _lonely(c)] for name, found in made.items()}


def _lonely(chart: Chart) -> bool:
    """Whether a plot has a single point, which its sentence and the leaderboard tell as well."""
    points = chart.data.get("points")
    return isinstance(points, list) and len(points) < 2
