"""Which labels win and which lose when a contestant takes the incumbent's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import formatting
from ..contestants import Results, Who, far, mapping
from .chart import Chart, tip

MOST = 20
"""How many labels are drawn; the table has all of them."""


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """Per-label recall minus the incumbent's; the labels that fall deepest come first."""
    found = {
        who.number: _known(mapping(mapping(who.data, "versus"), "recall_differences"))
        for who in people
    }
    legend = [who for who in people if found[who.number]]
    if not legend:
        return None
    falls: dict[str, float] = {}
    near = [who for who in legend if who.number not in far(people)] or legend
    for who in near:
        for label, value in found[who.number].items():
            falls[label] = min(value, falls.get(label, value))
    labels = sorted(falls, key=lambda label: falls[label])
    some = f"The {MOST} labels that fall deepest, of {len(labels)}. " if len(labels) > MOST else ""
    return Chart(
        key="recall",
        title="Recall by label, against the incumbent",
        about=f"{some}Left of zero, the contestant finds fewer texts of that label than the "
        "incumbent. An equal accuracy can hide a label that is lost.",
        alt=f"The deepest fall is {formatting.points(falls[labels[0]])}, "
        f"for the label {labels[0]}.",
        data={
            "labels": labels[:MOST],
            "points": [
                {
                    "who": who.number,
                    "label": label,
                    "difference": found[who.number][label],
                    "tip": tip(label, who.label, formatting.points(found[who.number][label])),
                }
                for who in legend
                for label in labels[:MOST]
                if label in found[who.number]
            ],
        },
        head=("label", *(who.label for who in legend)),
        rows=[
            (label, *(formatting.points(found[who.number].get(label)) for who in legend))
            for label in labels
        ],
        legend=tuple(legend),
    )


def _known(differences: Mapping[str, float | None]) -> dict[str, float]:
    return {label: x for label, d in differences.items() if (x := formatting.known(d)) is not None}
