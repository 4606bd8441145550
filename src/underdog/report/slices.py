"""Parts of the test texts, and the words that go with each answer, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import formatting
from .entries import Entry, Results, mapping, sequence

SAYS = {"label": "By label", "length": "By length", "group": "By group"}


@dataclass(frozen=True, slots=True)
class Slices:
    """One property of the texts, and a row for each of its values."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def slices(results: Results, pair: Sequence[Entry]) -> list[Slices]:
    """A table for each property: the accuracy of the models in ``pair`` and their difference."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for part in sequence(results, "slices"):
        found.setdefault(str(part.get("by")), []).append(part)
    difference = ("difference",) if len(pair) > 1 else ()
    head = (
        "",
        "texts",
        *(f"{e.number} · {formatting.clip(e.spec, 20)}" for e in pair),
        *difference,
    )
    return [
        Slices(SAYS.get(by, f"By {by!r}"), head, tuple(_row(part, pair) for part in parts))
        for by, parts in found.items()
        if pair
    ]


def _row(part: Mapping[str, Any], pair: Sequence[Entry]) -> tuple[str, ...]:
    accuracy, intervals = mapping(part, "accuracy"), mapping(part, "intervals")
    known = [formatting.known(accuracy.get(entry.spec)) for entry in pair]
    cells = [
        _within(formatting.percent(value), intervals.get(entry.spec), formatting.percent)
        for value, entry in zip(known, pair, strict=True)
    ]
    if len(known) > 1:
        ours, theirs = known[:2]
        both = None if ours is None or theirs is None else ours - theirs
        tested = mapping(mapping(part, "differences"), pair[0].spec)
        bounds = (tested.get("low"), tested.get("high")) if tested else None
        cells.append(_within(formatting.points(both), bounds, formatting.points))
    return (str(part.get("value")), formatting.count(part.get("texts")), *cells)


def _within(value: str, bounds: Any, say: formatting.Say) -> str:
    """A value with the interval around it, where that is known."""
    if not isinstance(bounds, list | tuple) or len(bounds) != 2:
        return value
    low, high = map(formatting.known, bounds)
    return f"{value} {formatting.interval(low, high, say)}".strip()


def words(results: Results) -> tuple[str, list[tuple[str, str]]]:
    """The model, and for each label that it answers the words that go with it."""
    found = mapping(results, "words")
    rows = [(str(k), ", ".join(map(str, v))) for k, v in mapping(found, "labels").items() if v]
    return str(found.get("spec") or ""), rows
