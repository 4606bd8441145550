"""How long one answer takes, and how much that varies."""

from __future__ import annotations

from collections.abc import Sequence

from .. import say
from ..roster import Results, Who, mapping, sequence
from .chart import Chart, tip

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
        + ", ".join(f"{who.label} {say.duration(_percentiles(who).get('p50'))}" for who in found)
        + ".",
        data={
            "rows": [{"who": who.number, "label": who.label} for who in found],
            "samples": [
                {"who": who.number, "seconds": float(f"{s:.4g}")}
                for who in found
                for s in _samples(who)
            ],
            "points": [
                {
                    "who": who.number,
                    "seconds": value,
                    "name": name,
                    "tip": tip(who.label, f"{name}: {say.duration(value)}"),
                }
                for who in found
                for name, value in _percentiles(who).items()
            ],
        },
        head=("contestant", *PERCENTILES, "samples drawn"),
        rows=[
            (
                who.label,
                *(say.duration(_percentiles(who).get(name)) for name in PERCENTILES),
                say.count(len(_samples(who))),
            )
            for who in found
        ],
    )


def _percentiles(who: Who) -> dict[str, float]:
    latency = mapping(who.data, "latency")
    known = {name: say.known(latency.get(name)) for name in PERCENTILES}
    return {name: value for name, value in known.items() if value}


def _samples(who: Who) -> list[float]:
    return [s for x in sequence(who.data, "latency_samples") if (s := say.known(x))]
