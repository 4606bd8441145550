"""How good a contestant is on the texts that it is surest of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..contestants import Results, Who, sequence
from .chart import Chart, tip


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """Risk-coverage curves: accuracy when only the surest share of the texts is answered."""
    found = [who for who in people if _points(who)]
    if not found:
        return None
    return Chart(
        key="coverage",
        title="Answering only what it is sure of",
        about="Accuracy on the share of the texts that a contestant is surest of. A line that "
        "falls from the left is what deferral can use: keep the sure ones, pass on the rest.",
        alt=" ".join(_ends(who) for who in found),
        data={
            "points": [
                {
                    "who": who.number,
                    "coverage": p["coverage"],
                    "accuracy": p["accuracy"],
                    "tip": tip(
                        who.label,
                        f"answers {formatting.percent(p['coverage'])} of the texts",
                        f"accuracy {formatting.percent(p['accuracy'])} on them",
                    ),
                }
                for who in found
                for p in _points(who)
            ]
        },
        head=("contestant", "share answered", "accuracy"),
        rows=[
            (who.label, formatting.percent(p["coverage"]), formatting.percent(p["accuracy"]))
            for who in found
            for p in _points(who)
        ],
        legend=tuple(found),
    )


def _points(who: Who) -> list[Mapping[str, Any]]:
    keys = ("coverage", "accuracy")
    return [
        p
        for p in sequence(who.data, "risk_coverage")
        if all(formatting.known(p.get(key)) is not None for key in keys)
    ]


def _ends(who: Who) -> str:
    first, last = _points(who)[0], _points(who)[-1]
    return (
        f"{who.label}: {formatting.percent(first['accuracy'])} on its surest "
        f"{formatting.percent(first['coverage'])}, {formatting.percent(last['accuracy'])} on "
        f"{formatting.percent(last['coverage'])}."
    )
