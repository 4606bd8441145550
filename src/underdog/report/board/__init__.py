"""The leaderboard: scores, prices and times of every model, ready to print and to sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..entries import Entry, Results, measured
from .against import against
from .bill import BILL
from .cell import Board as Board
from .cell import Cell as Cell
from .cell import Column as Column
from .quality import abstained, first, rest


def board(results: Results, entries: Sequence[Entry]) -> Board:
    """The leaderboard of ``results``; columns without any number are dropped.

    The columns of the first view always stay; an unknown value is shown as "unknown".
    """
    every = (*first(results), *against(results), *rest(results), abstained(results), *BILL)
    filled = [(column, _filled(column, measured(entries))) for column in every]
    kept = [
        (column, cells)
        for column, cells in filled
        if "summary" in column.views or any(cell.value is not None for cell in cells)
    ]
    rows = [
        (entry, tuple(cells[i] for _, cells in kept)) for i, entry in enumerate(measured(entries))
    ]
    return Board(tuple(column for column, _ in kept), tuple(rows))


def _filled(column: Column, entries: Sequence[Entry]) -> list[Cell]:
    """A cell for each model; the best ones are marked where they differ."""
    cells = [column.cell(entry) for entry in entries]
    values = [cell.value for cell in cells if cell.value is not None]
    if not column.better or len(set(values)) < 2:
        return cells
    best = max(values) if column.better == "high" else min(values)
    return [replace(cell, best=cell.value == best) for cell in cells]
