"""What each further member brings an ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..entries import Entry, Results
from ..provenance import fact
from .chart import Chart, tip


def chart(_results: Results, entries: Sequence[Entry]) -> Chart | None:
    """Accuracy against the number of members, for ensembles that were asked one by one."""
    found = [entry for entry in entries if len(_sizes(entry)) > 1]
    if not found:
        return None
    return Chart(
        key="growth",
        title="Accuracy by the number of members",
        about="Means over sets of members drawn at random. Sets overlap, so the points of a line "
        "are not independent measurements.",
        alt=" ".join(_ends(entry) for entry in found),
        data={"points": [_point(entry, size) for entry in found for size in _sizes(entry)]},
        head=("model", "members", "accuracy", "log loss"),
        rows=[_row(entry, size) for entry in found for size in _sizes(entry)],
        legend=tuple(found),
    )


def _sizes(entry: Entry) -> list[Mapping[str, Any]]:
    sizes = fact(entry, "growth") or ()
    return [
        s
        for s in sizes
        if formatting.known(s.get("n")) and formatting.known(s.get("accuracy")) is not None
    ]


def _point(entry: Entry, size: Mapping[str, Any]) -> dict[str, Any]:
    label, members, accuracy, _ = _row(entry, size)
    words = tip(label, f"{members} of {len(_sizes(entry))} members", f"accuracy {accuracy}")
    return {"entry": entry.number, "members": size["n"], "accuracy": size["accuracy"], "tip": words}


def _row(entry: Entry, size: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        entry.label,
        formatting.count(size["n"]),
        formatting.percent(size["accuracy"]),
        formatting.decimal(size.get("log_loss")),
    )


def _ends(entry: Entry) -> str:
    first, last = _sizes(entry)[0], _sizes(entry)[-1]
    return (
        f"{entry.label}: {formatting.percent(first['accuracy'])} "
        f"with {formatting.count(first['n'])} member, "
        f"{formatting.percent(last['accuracy'])} with {formatting.count(last['n'])}."
    )
