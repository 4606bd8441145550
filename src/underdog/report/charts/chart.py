"""The parts that every plot has, independent of how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..entries import Entry


@dataclass(frozen=True, slots=True)
class Control:
    """A choice that the reader of a plot has: (value, words) pairs, the first one chosen."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot: what it asks, what it shows in words, its numbers, and the same as a table.

    ``data`` is JSON for the drawing code; ``head`` and ``rows`` are the table for readers entry
    do not see the plot. ``legend`` numbers the models that can be switched on and off.
    """

    key: str
    title: str
    about: str
    alt: str
    data: Mapping[str, Any]
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    controls: tuple[Control, ...] = ()
    legend: tuple[Entry, ...] = ()
    note: str = ""


def tip(*lines: str) -> str:
    """The words beside the pointer, one line each; empty lines are left out."""
    return "\n".join(line for line in lines if line)


def names(entries: Sequence[Entry]) -> str:
    """The models in a sentence: "1 · linear(), 2 · bayes()"."""
    return ", ".join(entry.label for entry in entries)


def choose(entries: Sequence[Entry]) -> Control:
    """The control that selects one model."""
    options = tuple((str(entry.number), entry.label) for entry in entries)
    return Control("model", "Model", options)
