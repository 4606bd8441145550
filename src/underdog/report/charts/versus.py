"""Each contestant beside the incumbent: paired differences, and the margin they are judged by."""

from __future__ import annotations

from collections.abc import Sequence

from .. import say
from ..margin import noninferior
from ..roster import Results, Who, mapping
from .chart import Chart, names, tip


def chart(results: Results, people: Sequence[Who]) -> Chart | None:
    """A forest plot: one interval per contestant, the incumbent at zero."""
    margin = say.known(mapping(results, "verdict").get("margin"))
    found = [
        who
        for who in people
        if say.known(mapping(who.data, "versus").get("difference")) is not None
    ]
    if not found:
        return None
    fine = [who for who in found if noninferior(who.data["versus"])[0]]
    limit = f"{say.points(margin).lstrip('+')}" if margin is not None else "an unknown margin"
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
        "difference": say.known(versus.get("difference")),
        "low": say.known(versus.get("low")),
        "high": say.known(versus.get("high")),
        "fine": noninferior(versus)[0] is True,
        "tip": tip(
            label,
            f"{difference} {bounds}",
            f"{say.count(versus.get('wins'))} wins, {say.count(versus.get('losses'))} losses",
            f"McNemar p {mcnemar}, Holm p {holm}",
            f"not worse: {fine}",
        ),
    }


def _row(who: Who) -> tuple[str, ...]:
    versus = who.data["versus"]
    return (
        who.label,
        say.points(versus.get("difference")),
        say.interval(versus.get("low"), versus.get("high"), say.points) or say.UNKNOWN,
        say.p_value(versus.get("mcnemar_p")),
        say.p_value(versus.get("holm_p")),
        {True: "yes", False: "not shown", None: say.UNKNOWN}[noninferior(versus)[0]],
    )
