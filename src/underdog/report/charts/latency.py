"""How long one answer takes, and how much that varies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import formatting
from ..contestants import Results, Who, mapping, measured, sequence
from .chart import Chart, names, tip

PERCENTILES = ("p50", "p95", "p99")


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """Every sampled latency as a stroke (log axis), the percentiles as points on top."""
    found = [who for who in people if _percentiles(who) or _samples(who)]
    if not found:
        return None
    return Chart(
        key="latency",
        title="Latency",
        about="One text at a time, on the machine named below (a recorded answer: as recorded). "
        "Each stroke is one answer; the points are p50, p95 and p99.",
        alt="Median latency: "
        + ", ".join(
            f"{who.label} {formatting.duration(_percentiles(who).get('p50'))}" for who in found
        )
        + ".",
        data={
            "rows": [{"who": who.number, "label": who.label} for who in found],
            "samples": [
                {"who": who.number, "seconds": float(f"{s:.4g}")}
                for who in found
                for s in _samples(who)
            ],
            "points": [point for who in found for point in _points(who)],
            "missing": _missing([who for who in measured(people) if who not in found]),
        },
        head=("contestant", *PERCENTILES, "samples drawn"),
        rows=[
            (
                who.label,
                *(formatting.duration(_percentiles(who).get(name)) for name in PERCENTILES),
                formatting.count(len(_samples(who))),
            )
            for who in found
        ],
    )


def _points(who: Who) -> list[dict[str, Any]]:
    """The percentiles, named where there is room: p99 has none beside an equal p50."""
    known = _percentiles(who)
    apart = known.get("p99", 0.0) > 1.1 * known.get("p50", 0.0)
    named = {"p50": "p50", "p99": "p99"} if apart else {"p50": "p50 to p99"}
    return [
        {
            "who": who.number,
            "seconds": value,
            "name": name,
            "words": named.get(name, ""),
            "tip": tip(who.label, f"{name}: {formatting.duration(value)}"),
        }
        for name, value in known.items()
    ]


def _missing(people: Sequence[Who]) -> str:
    return f"Not in the plot, because it is unknown: {names(people)}." if people else ""


def _percentiles(who: Who) -> dict[str, float]:
    latency = mapping(who.data, "latency")
    known = {name: formatting.known(latency.get(name)) for name in PERCENTILES}
    return {name: value for name, value in known.items() if value}


def _samples(who: Who) -> list[float]:
    return [s for x in sequence(who.data, "latency_samples") if (s := formatting.known(x))]
