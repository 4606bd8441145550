"""The models of a report: one number and one colour each, the same in every table and plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .formatting import clip, known

Results = Mapping[str, Any]
"""What a study writes to results.json; any field may be null or missing."""

COLOURS = 8
"""Number of colours in the style sheet; the incumbent has the text colour."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model in the report: its number, its spec, and its colour (0: incumbent)."""

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


def numbered_entries(results: Results) -> list[Entry]:
    """The models in the order of the results, best first, numbered from 1.

    A model that appears only in a learning curve or a deferral curve comes last, without data.
    """
    by_spec = {c["spec"]: c for c in sequence(results, "contestants")}
    seen = [*sequence(mapping(results, "curve"), "points"), *sequence(results, "deferral")]
    for item in seen:
        by_spec.setdefault(item["spec"], {"spec": item["spec"]})
    entries: list[Entry] = []
    for number, (spec, data) in enumerate(by_spec.items(), start=1):
        incumbent = bool(data.get("incumbent")) or spec == results.get("incumbent")
        colour = sum(not entry.incumbent for entry in entries) % COLOURS + 1
        entries.append(Entry(number, spec, incumbent, 0 if incumbent else colour, data))
    return entries


def reference(results: Results) -> str:
    """What the models are compared with: "large model", or "reference" if no large model ran.

    A model counts as large if it called a service that sends a bill.
    """
    rows = [row for row in sequence(results, "rows") if row.get("spec") == results.get("incumbent")]
    calls = [known(mapping(row, "answer").get("calls")) for row in rows]
    return "large model" if any(calls) else "reference"


def far(entries: Sequence[Entry]) -> set[int]:
    """The numbers of outliers, which would squeeze every plot: errors above three times the median.

    The incumbent is never one. Plots hide outliers at first, and say so.
    """
    errors = {
        entry: 1 - x for entry in entries if (x := known(entry.score("accuracy"))) is not None
    }
    limit = 3 * median(errors.values()) if len(errors) > 3 else float("inf")
    return {
        entry.number for entry, error in errors.items() if error > limit and not entry.incumbent
    }


def measured(entries: Sequence[Entry]) -> list[Entry]:
    """The models that were tested on the whole test part."""
    return [entry for entry in entries if "scores" in entry.data]


def mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """``data[key]``, or an empty mapping where that is null or missing."""
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def sequence(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    """``data[key]``, or an empty list where that is null or missing."""
    value = data.get(key)
    return value if isinstance(value, list | tuple) else ()
