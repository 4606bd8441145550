"""Who is who: one number and one colour per contestant, the same in every table and plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .formatting import clip, known

Results = Mapping[str, Any]
"""What a study writes to results.json; any field may be null or missing."""

COLOURS = 8
"""How many colours the style sheet has beside the incumbent's, which is that of the ink."""


@dataclass(frozen=True, slots=True)
class Who:
    """A contestant's name in the report: its place, its spec, and its colour (0: incumbent)."""

    number: int
    spec: str
    incumbent: bool
    colour: int
    data: Mapping[str, Any] = field(hash=False, compare=False, repr=False)

    @property
    def short(self) -> str:
        """The spec, or its beginning where there is little room."""
        return clip(self.spec, 48)

    @property
    def label(self) -> str:
        """Number and spec, for plots and for plain text."""
        return f"{self.number} · {self.short}"

    def score(self, name: str) -> float | None:
        """The mean over the seeds of the score called ``name``."""
        value: float | None = mapping(self.data, "scores").get(name)
        return value

    def bounds(self, name: str) -> tuple[float | None, float | None]:
        """The interval of the score called ``name``."""
        low, high = mapping(self.data, "intervals").get(name) or (None, None)
        return low, high


def roster(results: Results) -> list[Who]:
    """The contestants in the order of the results, which is best first, numbered from 1.

    A contestant that only a learning curve or a deferral curve knows comes last, without data:
    nothing that was measured is left out for want of a name.
    """
    by_spec = {c["spec"]: c for c in sequence(results, "contestants")}
    seen = [*sequence(mapping(results, "curve"), "points"), *sequence(results, "deferral")]
    for item in seen:
        by_spec.setdefault(item["spec"], {"spec": item["spec"]})
    people: list[Who] = []
    for number, (spec, data) in enumerate(by_spec.items(), start=1):
        incumbent = bool(data.get("incumbent")) or spec == results.get("incumbent")
        turn = sum(not who.incumbent for who in people) % COLOURS + 1
        people.append(Who(number, spec, incumbent, 0 if incumbent else turn, data))
    return people


def far(people: Sequence[Who]) -> set[int]:
    """The numbers of those so much worse than the rest that a plot of all shows little.

    Their errors are more than three times the median error; the incumbent is never among them.
    Plots begin without them, and say so.
    """
    errors = {who: 1 - x for who in people if (x := known(who.score("accuracy"))) is not None}
    limit = 3 * median(errors.values()) if len(errors) > 3 else float("inf")
    return {who.number for who, error in errors.items() if error > limit and not who.incumbent}


def measured(people: Sequence[Who]) -> list[Who]:
    """Those that went through the whole task."""
    return [who for who in people if "scores" in who.data]


def mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """``data[key]``, or an empty mapping where that is null or missing."""
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def sequence(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    """``data[key]``, or an empty list where that is null or missing."""
    value = data.get(key)
    return value if isinstance(value, list | tuple) else ()
