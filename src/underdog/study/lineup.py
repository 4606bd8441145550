"""Who races when nobody is named, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..runtime import formatting
from ..runtime.extras import incomplete
from ..runtime.limit import seconds

LINE_UP: dict[str, tuple[str, ...]] = {
    "majority()": (),
    "linear()": (),
    "static()": ("torch", "offline"),
    "frozen()": ("offline",),
    "ensemble(bilstm())": ("torch",),
    "encoder()": ("torch", "offline"),
}
"""The default line-up, quickest first, and the extras that each one needs.

They range from no model at all to all of an encoder's weights, and none needs a download, a key or
a GPU. Not `bayes`: for a user it is no quicker than `linear`, which is more accurate.
"""

BUDGET = "5m"
"""The time that the default line-up is given."""


def tolerance(budget: float) -> float:
    """Seconds that a race may take beyond its budget, to end the step of work that it is in."""
    return max(10.0, budget / 10)


@dataclass(frozen=True)
class Absent:
    """A contestant that did not take part: why, and what to type so that it does.

    ``part`` names what of it is missing, if not all: a seed, or its learning curve.
    """

    spec: str
    why: str
    remedy: str
    part: str = ""


def default() -> tuple[list[str], list[Absent]]:
    """The specs of those whose extras are installed, and the others."""
    missing = set(incomplete())
    lacking = {name: missing.intersection(extras) for name, extras in LINE_UP.items()}
    extras = ",".join(sorted(set().union(*lacking.values())))
    remedy = f"pip install 'underdog[{extras}]'"
    absent = [Absent(name, "not installed", remedy) for name, those in lacking.items() if those]
    return [name for name, those in lacking.items() if not those], absent


def announced(specs: Sequence[str] | None, budget: str | None) -> list[str]:
    """What a study says before it begins: who takes part, if nobody is named, and for how long."""
    said = [f"contestants: {', '.join(default()[0])}"] if not specs else []
    if budget or not specs:
        time = seconds(budget or BUDGET)
        more = formatting.seconds(tolerance(time))
        said.append(
            f"time to fit and answer: {formatting.seconds(time)}, up to {more} more (--budget)"
        )
    return said
