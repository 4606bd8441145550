"""What a leaderboard consists of: cells, in columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import formatting
from ..entries import Entry, mapping

ITSELF = "\N{EN DASH}"
"""Stands where a model would be compared with itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A quantity as text, the number to sort it by, and a smaller second line."""

    text: str
    value: float | None = None
    note: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity: its heading, what it means, the views it is in, and how to get it.

    ``views`` are some of "summary quality against cost", separated by spaces; ``better`` is
    "high", "low", or "" where neither is.
    """

    key: str
    title: str
    help: str
    views: str
    cell: Callable[[Entry], Cell]
    better: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """A table of cells, shape ``[models, columns]``."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Entry, tuple[Cell, ...]], ...]


def at(tell: formatting.Say, *path: str) -> Callable[[Entry], Cell]:
    """The cell of the number that is found in a model's data under ``path``."""

    def cell(entry: Entry) -> Cell:
        *parents, key = path
        data = entry.data
        for parent in parents:
            data = mapping(data, parent)
        value = formatting.known(data.get(key))
        return Cell(tell(value), value)

    return cell


def none(entry: Entry) -> Cell:
    """The cell of a comparison that was not made: with itself, or without numbers."""
    return Cell(ITSELF if entry.incumbent else formatting.UNKNOWN)
