"""How long one answer takes, and how much that varies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import formatting
from ..entries import Entry, Results, mapping, measured, sequence
from .chart import Chart, names, tip

PERCENTILES = ("p50", "p95", "p99")


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """Every sampled latency as a stroke (log axis), the percentiles as points on top."""
    found = [entry for entry in entries if _percentiles(entry) or _samples(entry)]
    if not found:
        return None
    return Chart(
        key="latency",
        title="Latency",
        about="One text at a time, on the machine named below (a recorded answer: as recorded). "
        "Each stroke is one answer; the points are p50, p95 and p99.",
        alt="Median latency: "
        + ", ".join(
            f"{entry.label} {formatting.duration(_percentiles(entry).get('p50'))}"
            for entry in found
        )
        + ".",
        data={
            "rows": [{"entry": entry.number, "label": entry.label} for entry in found],
            "samples": [
                {"entry": entry.number, "seconds": float(f"{s:.4g}")}
                for entry in found
                for s in _samples(entry)
            ],
            "points": [point for entry in found for point in _points(entry)],
            "missing": _missing([entry for entry in measured(entries) if entry not in found]),
        },
        head=("model", *PERCENTILES, "samples drawn"),
        rows=[
            (
                entry.label,
                *(formatting.duration(_percentiles(entry).get(name)) for name in PERCENTILES),
                formatting.count(len(_samples(entry))),
            )
            for entry in found
        ],
    )


def _points(entry: Entry) -> list[dict[str, Any]]:
    """The percentiles, named where there is room: p99 has none beside an equal p50."""
    known = _percentiles(entry)
    apart = known.get("p99", 0.0) > 1.1 * known.get("p50", 0.0)
    named = {"p50": "p50", "p99": "p99"} if apart else {"p50": "p50 to p99"}
    return [
        {
            "entry": entry.number,
            "seconds": value,
            "name": name,
            "words": named.get(name, ""),
            "tip": tip(entry.label, f"{name}: {formatting.duration(value)}"),
        }
        for name, value in known.items()
    ]


def _missing(entries: Sequence[Entry]) -> str:
    return f"Not in the plot, because it is unknown: {names(entries)}." if entries else ""


def _percentiles(entry: Entry) -> dict[str, float]:
    latency = mapping(entry.data, "latency")
    known = {name: formatting.known(latency.get(name)) for name in PERCENTILES}
    return {name: value for name, value in known.items() if value}


def _samples(entry: Entry) -> list[float]:
    return [s for x in sequence(entry.data, "latency_samples") if (s := formatting.known(x))]
