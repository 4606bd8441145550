"""What a leaderboard consists of: cells, in columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import formatting
from ..contestants import Who, mapping

ITSELF = "\N{EN DASH}"
"""What stands where the incumbent would be compared with itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A quantity in words, the number to sort it by, and a smaller second line."""

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
    cell: Callable[[Who], Cell]
    better: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """A table of cells, shape ``[contestants, columns]``."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Who, tuple[Cell, ...]], ...]


def at(tell: formatting.Say, *path: str) -> Callable[[Who], Cell]:
    """The cell of the number that is found in a contestant's data under ``path``."""

    def cell(who: Who) -> Cell:
        *parents, key = path
        data = who.data
        for parent in parents:
            data = mapping(data, parent)
        value = formatting.known(data.get(key))
        return Cell(tell(value), value)

    return cell


def none(who: Who) -> Cell:
    """The cell of a comparison that was not made: with itself, or for want of numbers."""
    return Cell(ITSELF if who.incumbent else formatting.UNKNOWN)
