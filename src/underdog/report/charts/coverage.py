"""Accuracy on the texts that a model is most confident about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import formatting
from ..entries import Entry, Results, sequence
from .chart import Chart, tip


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """Risk-coverage curves: accuracy when only the surest share of the texts is answered."""
    found = [entry for entry in entries if _points(entry)]
    if not found:
        return None
    return Chart(
        key="coverage",
        title="Answering only the confident texts",
        about="Accuracy on the share of the texts that a model is most confident about. If a line "
        "falls from the left, deferral helps: answer the confident ones, pass on the rest.",
        alt=" ".join(_ends(entry) for entry in found),
        data={
            "points": [
                {
                    "entry": entry.number,
                    "coverage": p["coverage"],
                    "accuracy": p["accuracy"],
                    "tip": tip(
                        entry.label,
                        f"answers {formatting.percent(p['coverage'])} of the texts",
                        f"accuracy {formatting.percent(p['accuracy'])} on them",
                    ),
                }
                for entry in found
                for p in _points(entry)
            ]
        },
        head=("model", "share answered", "accuracy"),
        rows=[
            (entry.label, formatting.percent(p["coverage"]), formatting.percent(p["accuracy"]))
            for entry in found
            for p in _points(entry)
        ],
        legend=tuple(found),
    )


def _points(entry: Entry) -> list[Mapping[str, Any]]:
    keys = ("coverage", "accuracy")
    return [
        p
        for p in sequence(entry.data, "risk_coverage")
        if all(formatting.known(p.get(key)) is not None for key in keys)
    ]


def _ends(entry: Entry) -> str:
    first, last = _points(entry)[0], _points(entry)[-1]
    return (
        f"{entry.label}: {formatting.percent(first['accuracy'])} on its surest "
        f"{formatting.percent(first['coverage'])}, {formatting.percent(last['accuracy'])} on "
        f"{formatting.percent(last['coverage'])}."
    )
