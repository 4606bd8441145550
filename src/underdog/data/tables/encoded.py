"""A spreadsheet as a short text for a language model (SpreadsheetLLM, Tian et al., EMNLP 2024).

Three ideas make it short. Rows and columns far from any *anchor*, a row where the kinds of cells
change, are told by the kinds of their cells. Equal values are told once, with the addresses of all
cells that hold them. Numbers, dates and the like are told by kind, as ranges of cells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UnderdogError
from .grid import KINDS, TEXT, Grid, Place, column_name, grids

NEAR = 4
"""Rows and columns around an anchor whose texts are told."""

CHANGE = 0.5
"""The share of cells that change their kind from one row to the next at an anchor."""

MOST_RUNS = 6
"""Runs of one kind in a stretch of a column; of more, the kinds are told together."""

LEGEND = (
    "Cells by address; <kind> stands for different values of one kind, ? for a range with blanks."
)
TOKEN = re.compile(r"\d{1,3}|[^\W\d_]+|[^\w\s]|_")
"""What counts as a token: a word, a sign, three digits."""

CODES = {kind: code for code, kind in enumerate((TEXT, *KINDS), 1)}
"""Kinds of cells as numbers; 0 is a blank one."""

Codes = NDArray[np.int8]
Run = tuple[str, bool, int, int]
"""The kinds of the cells of a column, whether some are blank, the first and the last row."""


@dataclass(frozen=True)
class SheetText:
    """A spreadsheet as ``text``; ``tokens`` that it has, and ``csv_tokens`` that its cells have as
    CSV.

    Tokens are words, signs and groups of three digits: about what a language model counts.
    ``told_by_kind`` counts the cells whose values the text does not give.
    """

    text: str = field(repr=False)
    tokens: int
    csv_tokens: int
    cells: int
    told_by_kind: int

    def __str__(self) -> str:
        return self.text

    @property
    def saved(self) -> float:
        """The share of the tokens of CSV that is saved; negative where the text is longer."""
        return 1 - self.tokens / max(self.csv_tokens, 1)


def sheet(file: str | Path, near: int = NEAR) -> SheetText:
    """The spreadsheet ``file`` as a text that any model can be asked about.

    All sheets of a workbook, CSV, and every other format that `underdog.read` reads. ``near`` is
    the number of rows and columns around an anchor whose texts are told; the first and the last
    row, and rows where the kinds of cells change, are told whole. Raises `UnderdogError` for a file
    that cannot be read.
    """
    if near < 0:
        raise UnderdogError(f"near={near} is no number of rows", "0 or more: sheet(FILE, near=4)")
    found = grids(Path(file).expanduser())
    parts = [_encoded(grid, near) for grid in found]
    text = "\n\n".join([LEGEND, *(part for part, _ in parts)]) + "\n"
    return SheetText(
        text,
        len(TOKEN.findall(text)),
        sum(len(TOKEN.findall(line)) for grid in found for line in _csv(grid)),
        sum(len(grid.cells) for grid in found),
        sum(by_kind for _, by_kind in parts),
    )


def _encoded(grid: Grid, near: int) -> tuple[str, int]:
    """The lines of one sheet, and how many of its cells are told by kind."""
    codes = np.zeros((grid.rows + 1, grid.columns + 1), np.int8)  # row and column 0 stay blank
    for (row, column), (_, kind) in grid.cells.items():
        codes[row, column] = CODES[kind]
    rows, columns = _anchors(codes), _anchors(codes.T)
    near_rows, near_columns = _around(rows, near), _around(columns, near)
    by_value = {
        place
        for place, (_, kind) in grid.cells.items()
        if rows[place[0]] or (kind == TEXT and near_rows[place[0]] and near_columns[place[1]])
    }
    index: dict[str, set[Place]] = {}
    for place in by_value:
        index.setdefault(_written(grid.cells[place][0]), set()).add(place)
    lines = [(min(places), _addresses(places), said) for said, places in index.items()]
    for (kinds, gaps), boxes in _by_kind(codes, by_value).items():
        said = f"<{kinds}{'?' if gaps else ''}>"
        lines.append((boxes[0][0], ",".join(_address(*box) for box in boxes), said))
    whole = _address((1, 1), (grid.rows, grid.columns))
    head = f"sheet {_written(grid.name)} {whole}"
    body = [f"{addresses} {said}" for _, addresses, said in sorted(lines)]
    return "\n".join([head, *body]), len(grid.cells) - len(by_value)


def _anchors(codes: Codes) -> NDArray[np.bool_]:
    """Which rows of ``codes``, ``[rows, columns]``, differ from a neighbour; the blank ones do not
    count, and the first and last always do.
    """
    used = codes.astype(bool)
    blank = ~used.any(axis=1)
    either = np.maximum((used[1:] | used[:-1]).sum(axis=1), 1)
    change = (codes[1:] != codes[:-1]).sum(axis=1) / either >= CHANGE
    anchors = np.zeros(len(codes), bool)
    anchors[1:] |= change
    anchors[:-1] |= change
    anchors[-1] = True
    return anchors & ~blank


def _around(anchors: NDArray[np.bool_], near: int) -> NDArray[np.bool_]:
    """Which rows are at most ``near`` away from an anchor."""
    found = anchors.copy()
    for step in range(1, min(near, len(anchors) - 1) + 1):
        found[step:] |= anchors[:-step]
        found[:-step] |= anchors[step:]
    return found


def _by_kind(
    codes: Codes, by_value: set[Place]
) -> dict[tuple[str, bool], list[tuple[Place, Place]]]:
    """Ranges of the cells that are told by kind, under the kinds and whether blanks are among
    them."""
    blank = np.asarray(~codes.astype(bool).any(axis=1), np.bool_)
    open_runs: dict[Run, list[int]] = {}
    for column in range(1, codes.shape[1]):
        for run in _runs(codes[:, column], blank, column, by_value):
            open_runs.setdefault(run, []).append(column)
    boxes: dict[tuple[str, bool], list[tuple[Place, Place]]] = {}
    for (kinds, gaps, top, bottom), columns in open_runs.items():
        for left, right in _stretches(columns):
            boxes.setdefault((kinds, gaps), []).append(((top, left), (bottom, right)))
    return {key: sorted(several) for key, several in boxes.items()}


def _runs(column: Codes, blank: NDArray[np.bool_], at: int, by_value: set[Place]) -> Iterator[Run]:
    """The runs of one kind in a column, from top to bottom."""
    names = dict(zip(CODES.values(), CODES, strict=True))
    stretch: list[tuple[int, str]] = []
    for row in range(1, len(column) + 1):
        if row == len(column) or blank[row] or (row, at) in by_value:
            yield from _cut(stretch)
            stretch = []
        elif column[row]:
            stretch.append((row, names[int(column[row])]))


def _cut(stretch: list[tuple[int, str]]) -> Iterator[Run]:
    """A stretch of cells, with blanks between them, as runs of one kind; as one where that is
    short."""
    pieces: list[list[tuple[int, str]]] = []
    for row, kind in stretch:
        if pieces and _alike(pieces[-1][-1][1], kind):
            pieces[-1].append((row, kind))
        else:
            pieces.append([(row, kind)])
    for piece in [stretch] if len(pieces) > MOST_RUNS else pieces:
        kinds = sorted({kind for _, kind in piece})
        kinds = [kind for kind in kinds if not (kind == "integer" and "number" in kinds)]
        top, bottom = piece[0][0], piece[-1][0]
        yield " or ".join(kinds), len(piece) < bottom - top + 1, top, bottom


def _alike(one: str, other: str) -> bool:
    """Whether two kinds may stand in one run: whole numbers are numbers."""
    return one == other or {one, other} == {"integer", "number"}


def _stretches(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as pairs of a first and a last one."""
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _addresses(places: Iterable[Place]) -> str:
    """The fewest ranges, roughly, that cover ``places`` and nothing else."""
    rows: dict[int, list[int]] = {}
    for row, column in sorted(places):
        rows.setdefault(row, []).append(column)
    boxes: list[tuple[Place, Place]] = []
    growing: dict[tuple[int, int], tuple[Place, Place]] = {}
    for row, columns in rows.items():
        now: dict[tuple[int, int], tuple[Place, Place]] = {}
        for left, right in _stretches(columns):
            above = growing.pop((left, right), None)
            top = above[0] if above and above[1][0] == row - 1 else (row, left)
            boxes += [above] if above and above[1][0] != row - 1 else []
            now[left, right] = (top, (row, right))
        boxes += growing.values()
        growing = now
    return ",".join(_address(*box) for box in sorted([*boxes, *growing.values()]))


def _address(first: Place, last: Place) -> str:
    start, end = (f"{column_name(column)}{row}" for row, column in (first, last))
    return start if first == last else f"{start}:{end}"


def _written(shows: str) -> str:
    """A value on one line; in quotes where it could be taken for something else."""
    plain = shows[:1] not in ('"', "<") and shows.isprintable()
    return shows if plain else json.dumps(shows, ensure_ascii=False)


def _csv(grid: Grid) -> Iterator[str]:
    """The lines of a sheet as CSV, to count what is saved."""
    lines: dict[int, dict[int, str]] = {}
    for (row, column), (shows, _) in grid.cells.items():
        lines.setdefault(row, {})[column] = shows
    for cells in lines.values():
        yield ",".join(cells.get(column, "") for column in range(1, grid.columns + 1))
