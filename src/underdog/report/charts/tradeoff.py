"""Quality against what an answer costs: dollars, seconds or joules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import formatting
from ..entries import Entry, Results, mapping, measured
from .chart import Chart, Control, names, tip

AXES = (
    ("dollars", "Dollars", "dollars per 1,000 answers", formatting.money),
    ("seconds", "Latency", "median latency, one text at a time", formatting.duration),
    ("joules", "Energy", "joules per 1,000 answers", formatting.energy),
)
FEWEST = 2
"""Models whose cost is known below which an axis shows nothing: a single point is no plot."""

METRICS = (("accuracy", "Accuracy"), ("macro_f1", "Macro-F1"))


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """Models by cost (log axis) and quality, and the Pareto frontier of each pair of axes."""
    points = [_point(entry) for entry in measured(entries)]
    axes = [a for a in AXES if sum(p[a[0]] is not None for p in points) >= FEWEST]
    metrics = [m for m in METRICS if any(p[m[0]] is not None for p in points)]
    if not axes or not metrics:
        return None
    fronts = {f"{a[0]}/{m[0]}": frontier(points, a[0], m[0]) for a in axes for m in metrics}
    first = fronts[f"{axes[0][0]}/{metrics[0][0]}"]
    best = [entry for entry in entries if entry.number in first]
    return Chart(
        key="tradeoff",
        title="Quality against cost",
        about="Up is better, left is cheaper. The dashed line joins the models that no other "
        "model beats on both (the Pareto frontier); whiskers are 95 % intervals.",
        alt=f"{metrics[0][1]} against {axes[0][2]}. On the frontier, cheapest first: "
        f"{names(sorted(best, key=lambda entry: first.index(entry.number)))}.",
        data={
            "axes": {key: {"title": title, "unit": key} for key, _, title, _ in axes},
            "metrics": dict(metrics),
            "points": points,
            "frontiers": fronts,
            "missing": {a[0]: _missing(entries, points, a[0], a[2]) for a in axes},
        },
        head=("model", *(a[2] for a in axes), *(m[1] for m in metrics), "on the frontier"),
        rows=[_row(entry, axes, metrics, fronts) for entry in measured(entries)],
        controls=(
            Control("x", "Cost", tuple((key, word) for key, word, _, _ in axes)),
            Control("y", "Quality", tuple(metrics)),
        ),
        legend=tuple(measured(entries)),
    )


def frontier(points: Sequence[dict[str, Any]], cost: str, quality: str) -> list[int]:
    """The numbers of the points that no other point beats, cheapest first.

    A point is beaten by one that costs no more and is no worse, and is better in one of the
    two; of equal points the first stands for all. Points with an unknown take no part.
    """
    known = [p for p in points if p[cost] is not None and p[quality] is not None]
    front: list[int] = []
    reached = float("-inf")
    for point in sorted(known, key=lambda p: (p[cost], -p[quality])):
        if point[quality] > reached:
            reached = point[quality]
            front.append(point["entry"])
    return front


def _costs(entry: Entry) -> dict[str, float | None]:
    return {
        "dollars": formatting.known(entry.data.get("dollars_per_1000")),
        "seconds": formatting.known(mapping(entry.data, "latency").get("p50")),
        "joules": formatting.known(mapping(entry.data, "joules_per_1000").get("value")),
    }


def _point(entry: Entry) -> dict[str, Any]:
    costs = _costs(entry)
    point: dict[str, Any] = {"entry": entry.number, **costs}
    lines = []
    for key, name in METRICS:
        low, high = entry.bounds(key)
        point |= {key: formatting.known(entry.score(key))}
        point |= {f"{key}_low": formatting.known(low), f"{key}_high": formatting.known(high)}
        bounds = formatting.interval(low, high, formatting.percent)
        lines.append(f"{name}: {formatting.percent(entry.score(key))} {bounds}")
    lines += [f"{title}: {tell(costs[key])}" for key, _, title, tell in AXES]
    return point | {"tip": tip(entry.label, *lines)}


def _missing(
    entries: Sequence[Entry], points: Sequence[dict[str, Any]], key: str, title: str
) -> str:
    absent = {p["entry"] for p in points if p[key] is None}
    left_out = [entry for entry in entries if entry.number in absent]
    return (
        f"Not in the plot, because it is unknown: {title} of {names(left_out)}." if absent else ""
    )


def _row(
    entry: Entry,
    axes: Sequence[tuple[str, str, str, formatting.Say]],
    metrics: Sequence[tuple[str, str]],
    fronts: dict[str, list[int]],
) -> tuple[str, ...]:
    costs = _costs(entry)
    on = {
        metric: [
            word.lower() for cost, word, _, _ in axes if entry.number in fronts[f"{cost}/{key}"]
        ]
        for key, metric in metrics
    }
    return (
        entry.label,
        *(tell(costs[key]) for key, _, _, tell in axes),
        *(formatting.percent(entry.score(key)) for key, _ in metrics),
        "; ".join(f"{metric} by {', '.join(costs_)}" for metric, costs_ in on.items() if costs_)
        or "none",
    )
