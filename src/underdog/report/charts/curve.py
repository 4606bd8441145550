"""Accuracy by the number of labels that were learned from, and the forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..entries import Entry, Results, mapping, sequence
from .chart import Chart, tip


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """The learning curve of every learner, and the labels needed to reach the target."""
    by_spec = {entry.spec: entry for entry in entries}
    curve = mapping(results, "curve")
    found = [
        (by_spec[p["spec"]], p)
        for p in sequence(curve, "points")
        if formatting.known(p.get("examples")) and formatting.known(p.get("accuracy")) is not None
    ]
    if not found:
        return None
    forecast = mapping(curve, "forecast")
    sentence = str(forecast.get("sentence") or "There is no forecast.")
    seen = {entry.number for entry, _ in found}
    return Chart(
        key="curve",
        title="Learning curve",
        about="Accuracy on the test texts after training on a part of the labels; bands are 95 % "
        "intervals. Beyond the last point everything is extrapolation.",
        alt=f"{sentence} {_ends(found)}",
        data={
            "points": [_point(entry, p) for entry, p in found],
            "forecast": _forecast(forecast, by_spec),
        },
        head=("model", "labels", "accuracy", "95 % interval"),
        rows=[_row(entry, p) for entry, p in found],
        legend=tuple(entry for entry in entries if entry.number in seen),
        note=str(forecast.get("sentence") or ""),
    )


def _point(entry: Entry, point: Mapping[str, Any]) -> dict[str, Any]:
    label, texts, accuracy, bounds = _row(entry, point)
    return {
        "entry": entry.number,
        "examples": point["examples"],
        "accuracy": point["accuracy"],
        "low": formatting.known(point.get("low")),
        "high": formatting.known(point.get("high")),
        "tip": tip(label, f"{texts} labels", f"accuracy {accuracy} {bounds}"),
    }


def _row(entry: Entry, point: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        entry.label,
        formatting.count(point["examples"]),
        formatting.percent(point["accuracy"]),
        formatting.interval(point.get("low"), point.get("high"), formatting.percent)
        or formatting.UNKNOWN,
    )


def _forecast(forecast: Mapping[str, Any], by_spec: Mapping[str, Entry]) -> dict[str, Any] | None:
    target = formatting.known(forecast.get("target"))
    if target is None:
        return None
    entry = by_spec.get(str(forecast.get("spec")))
    return {
        "entry": entry.number if entry else None,
        "target": target,
        "needed": formatting.known(forecast.get("needed")),
        "low": formatting.known(forecast.get("low")),
        "high": formatting.known(forecast.get("high")),
        "words": f"target {formatting.percent(target)}",
        "tip": tip("forecast", str(forecast.get("sentence") or "")),
    }


def _ends(found: Sequence[tuple[Entry, Mapping[str, Any]]]) -> str:
    last = {entry.number: (entry, p) for entry, p in sorted(found, key=lambda f: f[1]["examples"])}
    ends = [
        f"{entry.label} reaches {formatting.percent(p['accuracy'])} "
        f"with {formatting.count(p['examples'])} texts"
        for entry, p in last.values()
    ]
    return "; ".join(ends) + "."
