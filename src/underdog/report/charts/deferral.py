"""The whole quality-cost curve of every cascade and router, certified points marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..contestants import Results, Who, sequence
from .chart import Chart, tip


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """One line per contestant that defers; only where results have such curves."""
    by_spec = {who.spec: who for who in people}
    curves = [(by_spec[d["spec"]], sequence(d, "points")) for d in sequence(results, "deferral")]
    points = [_point(who, p) for who, found in curves for p in found]
    if not any(p["dollars"] is not None and p["accuracy"] is not None for p in points):
        return None
    certified = sum(p["certified"] for p in points)
    return Chart(
        key="deferral",
        title="Deferral: who answers what",
        about="Each line is one contestant at every share of texts that the small model keeps. "
        "Filled points are certified; hollow ones are not.",
        alt=f"Accuracy against dollars per 1,000 answers at {len(points)} settings of "
        f"{len(curves)} contestants; {certified} settings are certified.",
        data={"points": points},
        head=(
            "contestant",
            "kept by the small model",
            "dollars per 1,000",
            "accuracy",
            "certified",
        ),
        rows=[_row(who, p) for who, found in curves for p in found],
        legend=tuple(who for who, _ in curves),
    )


def _point(who: Who, point: Mapping[str, Any]) -> dict[str, Any]:
    label, *cells = _row(who, point)
    return {
        "who": who.number,
        "coverage": formatting.known(point.get("coverage")),
        "dollars": formatting.known(point.get("dollars_per_1000")),
        "accuracy": formatting.known(point.get("accuracy")),
        "certified": point.get("certified") is True,
        "tip": tip(
            label,
            f"kept by the small model: {cells[0]}",
            f"{cells[1]} per 1,000 answers",
            f"accuracy {cells[2]}",
            "certified" if cells[3] == "yes" else "not certified",
        ),
    }


def _row(who: Who, point: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        who.label,
        formatting.percent(point.get("coverage")),
        formatting.money(point.get("dollars_per_1000")),
        formatting.percent(point.get("accuracy")),
        {True: "yes", False: "no"}.get(point.get("certified"), formatting.UNKNOWN),  # type: ignore[arg-type]
    )
