"""How recall changes for each label when a model replaces the large one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import formatting
from ..entries import Entry, Results, far, mapping, reference
from .chart import Chart, tip

MOST = 20
"""How many labels are drawn; the table has all of them."""


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """Recall for each label minus the large model's; the largest losses come first."""
    found = {
        entry.number: _known(mapping(mapping(entry.data, "versus"), "recall_differences"))
        for entry in entries
    }
    name = reference(results)
    legend = [entry for entry in entries if found[entry.number]]
    if not legend:
        return None
    falls: dict[str, float] = {}
    near = [entry for entry in legend if entry.number not in far(entries)] or legend
    for entry in near:
        for label, value in found[entry.number].items():
            falls[label] = min(value, falls.get(label, value))
    labels = sorted(falls, key=lambda label: falls[label])
    some = (
        f"The {MOST} labels with the largest losses, of {len(labels)}. "
        if len(labels) > MOST
        else ""
    )
    return Chart(
        key="recall",
        title=f"Recall by label, against the {name}",
        about=f"{some}Left of zero, the model finds fewer texts of that label than the {name}. "
        "Equal accuracy can hide the loss of one label.",
        alt=f"The largest loss is {formatting.points(falls[labels[0]])}, "
        f"for the label {labels[0]}.",
        data={
            "reference": name,
            "labels": labels[:MOST],
            "points": [
                {
                    "entry": entry.number,
                    "label": label,
                    "difference": found[entry.number][label],
                    "tip": tip(label, entry.label, formatting.points(found[entry.number][label])),
                }
                for entry in legend
                for label in labels[:MOST]
                if label in found[entry.number]
            ],
        },
        head=("label", *(entry.label for entry in legend)),
        rows=[
            (label, *(formatting.points(found[entry.number].get(label)) for entry in legend))
            for label in labels
        ],
        legend=tuple(legend),
    )


def _known(differences: Mapping[str, float | None]) -> dict[str, float]:
    return {label: x for label, d in differences.items() if (x := formatting.known(d)) is not None}
