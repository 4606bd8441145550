"""Paired differences from the large model, and the margin of the test."""

from __future__ import annotations

from collections.abc import Sequence

from .. import formatting
from ..entries import Entry, Results, mapping, reference
from ..margin import noninferior
from .chart import Chart, names, tip


def chart(results: Results, entries: Sequence[Entry]) -> Chart | None:
    """A forest plot: one interval per model, the large model at zero."""
    name = reference(results)
    margin = formatting.known(mapping(results, "verdict").get("margin"))
    found = [
        entry
        for entry in entries
        if formatting.known(mapping(entry.data, "versus").get("difference")) is not None
    ]
    if not found:
        return None
    fine = [entry for entry in found if noninferior(entry.data["versus"])[0]]
    limit = (
        f"{formatting.points(margin).lstrip('+')}" if margin is not None else "an unknown margin"
    )
    return Chart(
        key="versus",
        title=f"Difference from the {name}",
        about=f"Accuracy on the same texts minus the {name}'s, with 95 % intervals. Filled points "
        f"are shown to be at most {limit} worse (the shaded side).",
        alt=f"At most {limit} worse than the {name}: {names(fine) or 'none'}.",
        data={"reference": name, "margin": margin, "points": [_point(entry) for entry in found]},
        head=("model", "difference", "95 % interval", "McNemar p", "Holm p", "not worse"),
        rows=[_row(entry) for entry in found],
        legend=tuple(found),
    )


def _point(entry: Entry) -> dict[str, object]:
    versus = entry.data["versus"]
    label, difference, bounds, mcnemar, holm, fine = _row(entry)
    return {
        "entry": entry.number,
        "difference": formatting.known(versus.get("difference")),
        "low": formatting.known(versus.get("low")),
        "high": formatting.known(versus.get("high")),
        "fine": noninferior(versus)[0] is True,
        "tip": tip(
            label,
            f"{difference} {bounds}",
            f"{formatting.count(versus.get('wins'))} wins, "
            f"{formatting.count(versus.get('losses'))} losses",
            f"McNemar p {mcnemar}, Holm p {holm}",
            f"not worse: {fine}",
        ),
    }


def _row(entry: Entry) -> tuple[str, ...]:
    versus = entry.data["versus"]
    return (
        entry.label,
        formatting.points(versus.get("difference")),
        formatting.interval(versus.get("low"), versus.get("high"), formatting.points)
        or formatting.UNKNOWN,
        formatting.p_value(versus.get("mcnemar_p")),
        formatting.p_value(versus.get("holm_p")),
        {True: "yes", False: "not shown", None: formatting.UNKNOWN}[noninferior(versus)[0]],
    )
