"""What each further member brings an ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..contestants import Results, Who
from ..provenance import fact
from .chart import Chart, tip


def chart(_results: Results, people: Sequence[Who]) -> Chart | None:
    """Accuracy against the number of members, for ensembles that were asked one by one."""
    found = [who for who in people if len(_sizes(who)) > 1]
    if not found:
        return None
    return Chart(
        key="growth",
        title="Accuracy by the number of members",
        about="Means over sets of members drawn at random. Sets overlap, so the points of a line "
        "are not independent measurements.",
        alt=" ".join(_ends(who) for who in found),
        data={"points": [_point(who, size) for who in found for size in _sizes(who)]},
        head=("contestant", "members", "accuracy", "log loss"),
        rows=[_row(who, size) for who in found for size in _sizes(who)],
        legend=tuple(found),
    )


def _sizes(who: Who) -> list[Mapping[str, Any]]:
    sizes = fact(who, "growth") or ()
    return [
        s
        for s in sizes
        if formatting.known(s.get("n")) and formatting.known(s.get("accuracy")) is not None
    ]


def _point(who: Who, size: Mapping[str, Any]) -> dict[str, Any]:
    label, members, accuracy, _ = _row(who, size)
    words = tip(label, f"{members} of {len(_sizes(who))} members", f"accuracy {accuracy}")
    return {"who": who.number, "members": size["n"], "accuracy": size["accuracy"], "tip": words}


def _row(who: Who, size: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        who.label,
        formatting.count(size["n"]),
        formatting.percent(size["accuracy"]),
        formatting.decimal(size.get("log_loss")),
    )


def _ends(who: Who) -> str:
    first, last = _sizes(who)[0], _sizes(who)[-1]
    return (
        f"{who.label}: {formatting.percent(first['accuracy'])} "
        f"with {formatting.count(first['n'])} member, "
        f"{formatting.percent(last['accuracy'])} with {formatting.count(last['n'])}."
    )
