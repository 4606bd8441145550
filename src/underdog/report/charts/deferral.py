"""The quality-cost curve of every cascade and router, with certified points marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..entries import Entry, Results, sequence
from .chart import Chart, tip


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """One line per model that defers; only where results have such curves."""
    by_spec = {entry.spec: entry for entry in entries}
    curves = [(by_spec[d["spec"]], sequence(d, "points")) for d in sequence(results, "deferral")]
    points = [_point(entry, p) for entry, found in curves for p in found]
    if not any(p["dollars"] is not None and p["accuracy"] is not None for p in points):
        return None
    certified = sum(p["certified"] for p in points)
    return Chart(
        key="deferral",
        title="Deferral: quality and cost at every threshold",
        about="Each line is one cascade, at every share of texts that the small model answers. "
        "Filled points are certified; hollow ones are not.",
        alt=f"Accuracy against dollars per 1,000 answers at {len(points)} settings of "
        f"{len(curves)} models; {certified} settings are certified.",
        data={"points": points},
        head=(
            "model",
            "answered by the small model",
            "dollars per 1,000",
            "accuracy",
            "certified",
        ),
        rows=[_row(entry, p) for entry, found in curves for p in found],
        legend=tuple(entry for entry, _ in curves),
    )


def _point(entry: Entry, point: Mapping[str, Any]) -> dict[str, Any]:
    label, *cells = _row(entry, point)
    return {
        "entry": entry.number,
        "coverage": formatting.known(point.get("coverage")),
        "dollars": formatting.known(point.get("dollars_per_1000")),
        "accuracy": formatting.known(point.get("accuracy")),
        "certified": point.get("certified") is True,
        "tip": tip(
            label,
            f"answered by the small model: {cells[0]}",
            f"{cells[1]} per 1,000 answers",
            f"accuracy {cells[2]}",
            "certified" if cells[3] == "yes" else "not certified",
        ),
    }


def _row(entry: Entry, point: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        entry.label,
        formatting.percent(point.get("coverage")),
        formatting.money(point.get("dollars_per_1000")),
        formatting.percent(point.get("accuracy")),
        {True: "yes", False: "no"}.get(point.get("certified"), formatting.UNKNOWN),  # type: ignore[arg-type]
    )
