"""What more labels would bring: accuracy by the number of training texts, and the forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..contestants import Results, Who, mapping, sequence
from .chart import Chart, tip


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """The learning curve of every learner, and the labels it would take to reach the target."""
    by_spec = {who.spec: who for who in people}
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
    seen = {who.number for who, _ in found}
    return Chart(
        key="curve",
        title="Learning curve",
        about="Accuracy on the test texts after training on a part of the labels; bands are 95 % "
        "intervals. Beyond the last point everything is extrapolation.",
        alt=f"{sentence} {_ends(found)}",
        data={
            "points": [_point(who, p) for who, p in found],
            "forecast": _forecast(forecast, by_spec),
        },
        head=("contestant", "training texts", "accuracy", "95 % interval"),
        rows=[_row(who, p) for who, p in found],
        legend=tuple(who for who in people if who.number in seen),
        note=str(forecast.get("sentence") or ""),
    )


def _point(who: Who, point: Mapping[str, Any]) -> dict[str, Any]:
    label, texts, accuracy, bounds = _row(who, point)
    return {
        "who": who.number,
        "examples": point["examples"],
        "accuracy": point["accuracy"],
        "low": formatting.known(point.get("low")),
        "high": formatting.known(point.get("high")),
        "tip": tip(label, f"{texts} training texts", f"accuracy {accuracy} {bounds}"),
    }


def _row(who: Who, point: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        who.label,
        formatting.count(point["examples"]),
        formatting.percent(point["accuracy"]),
        formatting.interval(point.get("low"), point.get("high"), formatting.percent)
        or formatting.UNKNOWN,
    )


def _forecast(forecast: Mapping[str, Any], by_spec: Mapping[str, Who]) -> dict[str, Any] | None:
    target = formatting.known(forecast.get("target"))
    if target is None:
        return None
    who = by_spec.get(str(forecast.get("spec")))
    return {
        "who": who.number if who else None,
        "target": target,
        "needed": formatting.known(forecast.get("needed")),
        "low": formatting.known(forecast.get("low")),
        "high": formatting.known(forecast.get("high")),
        "words": f"target {formatting.percent(target)}",
        "tip": tip("forecast", str(forecast.get("sentence") or "")),
    }


def _ends(found: Sequence[tuple[Who, Mapping[str, Any]]]) -> str:
    last = {who.number: (who, p) for who, p in sorted(found, key=lambda f: f[1]["examples"])}
    ends = [
        f"{who.label} reaches {formatting.percent(p['accuracy'])} "
        f"with {formatting.count(p['examples'])} texts"
        for who, p in last.values()
    ]
    return "; ".join(ends) + "."
