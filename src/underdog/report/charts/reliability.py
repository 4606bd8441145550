"""Does "80 % sure" mean right in 80 of 100 cases?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..entries import Entry, Results, sequence
from .chart import Chart, tip


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """Accuracy by confidence, for the models that give a confidence."""
    found = [entry for entry in entries if _bins(entry)]
    if not found:
        return None
    errors = [
        f"{entry.label} {formatting.percent(entry.score('calibration_error'))}" for entry in found
    ]
    return Chart(
        key="reliability",
        title="Calibration",
        about="How often answers are right, by the model's stated confidence. On the diagonal the "
        "two agree; below it the model is overconfident. Larger points stand for more texts.",
        alt=f"Calibration error: {', '.join(errors)}.",
        data={"points": [_point(entry, b) for entry in found for b in _bins(entry)]},
        head=("model", "confidence between", "mean confidence", "accuracy", "texts"),
        rows=[_row(entry, b) for entry in found for b in _bins(entry)],
        legend=tuple(found),
    )


def _bins(entry: Entry) -> list[Mapping[str, Any]]:
    return [
        b
        for b in sequence(entry.data, "reliability")
        if b.get("count")
        and formatting.known(b.get("confidence")) is not None
        and formatting.known(b.get("accuracy")) is not None
    ]


def _point(entry: Entry, b: Mapping[str, Any]) -> dict[str, Any]:
    label, _, confidence, accuracy, texts = _row(entry, b)
    return {
        "entry": entry.number,
        "confidence": b["confidence"],
        "accuracy": b["accuracy"],
        "count": b["count"],
        "tip": tip(label, f"{confidence} sure, {accuracy} right", f"{texts} texts"),
    }


def _row(entry: Entry, b: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        entry.label,
        formatting.interval(b.get("low"), b.get("high"), formatting.percent) or formatting.UNKNOWN,
        formatting.percent(b["confidence"]),
        formatting.percent(b["accuracy"]),
        formatting.count(b["count"]),
    )
