"""Each contestant beside the incumbent: paired differences, and the margin they are judged by."""

from __future__ import annotations

from collections.abc import Sequence

from .. import formatting
from ..contestants import Results, Who, mapping
from ..margin import noninferior
from .chart import Chart, names, tip


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """A forest plot: one interval per contestant, the incumbent at zero."""
    margin = formatting.known(mapping(results, "verdict").get("margin"))
    found = [
        who
        for who in people
        if formatting.known(mapping(who.data, "versus").get("difference")) is not None
    ]
    if not found:
        return None
    fine = [who for who in found if noninferior(who.data["versus"])[0]]
    limit = (
        f"{formatting.points(margin).lstrip('+')}" if margin is not None else "an unknown margin"
    )
    return Chart(
        key="versus",
        title="Difference from the incumbent",
        about="Accuracy on the same texts minus the incumbent's, with 95 % intervals. A filled "
        f"point is shown not to be worse by more than {limit} (the shaded side).",
        alt=f"Not worse than the incumbent by more than {limit}: {names(fine) or 'nobody'}.",
        data={"margin": margin, "points": [_point(who) for who in found]},
        head=("contestant", "difference", "95 % interval", "McNemar p", "Holm p", "not worse"),
        rows=[_row(who) for who in found],
        legend=tuple(found),
    )


def _point(who: Who) -> dict[str, object]:
    versus = who.data["versus"]
    label, difference, bounds, mcnemar, holm, fine = _row(who)
    return {
        "who": who.number,
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


def _row(who: Who) -> tuple[str, ...]:
    versus = who.data["versus"]
    return (
        who.label,
        formatting.points(versus.get("difference")),
        formatting.interval(versus.get("low"), versus.get("high"), formatting.points)
        or formatting.UNKNOWN,
        formatting.p_value(versus.get("mcnemar_p")),
        formatting.p_value(versus.get("holm_p")),
        {True: "yes", False: "not shown", None: formatting.UNKNOWN}[noninferior(versus)[0]],
    )
