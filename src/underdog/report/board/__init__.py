"""The leaderboard: what every contestant reached, as cells that are ready to print and to sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..contestants import Results, Who, measured
from .against import against
from .bill import BILL
from .cell import Board as Board
from .cell import Cell as Cell
from .cell import Column as Column
from .quality import FIRST, REST, abstained


def board(results: Results, people: Sequence[Who]) -> Board:
    """The leaderboard of ``results``; columns that nobody has a number for are left out.

    The quantities that the first view promises stay, and say "unknown".
    """
    every = (*FIRST, *against(results), *REST, abstained(results), *BILL)
    filled = [(column, _filled(column, measured(people))) for column in every]
    kept = [
        (column, cells)
        for column, cells in filled
        if "summary" in column.views or any(cell.value is not None for cell in cells)
    ]
    rows = [(who, tuple(cells[i] for _, cells in kept)) for i, who in enumerate(measured(people))]
    return Board(tuple(column for column, _ in kept), tuple(rows))


def _filled(column: Column, people: Sequence[Who]) -> list[Cell]:
    """A cell for each contestant, the best ones marked where they differ."""
    cells = [column.cell(who) for who in people]
    values = [cell.value for cell in cells if cell.value is not None]
    if not column.better or len(set(values)) < 2:
        return cells
    best = max(values) if column.better == "high" else min(values)
    return [replace(cell, best=cell.value == best) for cell in cells]
