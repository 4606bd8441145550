"""Does "80 % sure" mean right in 80 of 100 cases?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..contestants import Results, Who, sequence
from .chart import Chart, tip


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """Accuracy by confidence, for the contestants that say how sure they are."""
    found = [who for who in people if _bins(who)]
    if not found:
        return None
    errors = [f"{who.label} {formatting.percent(who.score('calibration_error'))}" for who in found]
    return Chart(
        key="reliability",
        title="Calibration",
        about="How often an answer is right when the contestant says how sure it is. On the "
        "diagonal it says so rightly; below it, it is too sure of itself. Larger points stand for "
        "more texts.",
        alt=f"Calibration error: {', '.join(errors)}.",
        data={"points": [_point(who, b) for who in found for b in _bins(who)]},
        head=("contestant", "confidence between", "mean confidence", "accuracy", "texts"),
        rows=[_row(who, b) for who in found for b in _bins(who)],
        legend=tuple(found),
    )


def _bins(who: Who) -> list[Mapping[str, Any]]:
    return [
        b
        for b in sequence(who.data, "reliability")
        if b.get("count")
        and formatting.known(b.get("confidence")) is not None
        and formatting.known(b.get("accuracy")) is not None
    ]


def _point(who: Who, b: Mapping[str, Any]) -> dict[str, Any]:
    label, _, confidence, accuracy, texts = _row(who, b)
    return {
        "who": who.number,
        "confidence": b["confidence"],
        "accuracy": b["accuracy"],
        "count": b["count"],
        "tip": tip(label, f"{confidence} sure, {accuracy} right", f"{texts} texts"),
    }


def _row(who: Who, b: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        who.label,
        formatting.interval(b.get("low"), b.get("high"), formatting.percent) or formatting.UNKNOWN,
        formatting.percent(b["confidence"]),
        formatting.percent(b["accuracy"]),
        formatting.count(b["count"]),
    )
