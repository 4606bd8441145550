"""Where a table's header is: below titles and groups of columns, or nowhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..sheet import Cell, shown

MOST = 10
"""Rows that may stand above a header."""

SAMPLE = 200
LONGEST = 60
"""Characters of the name of a column."""

WORDS = 3
"""Words from which on a cell is more than a name."""

Row = Sequence[Cell]


def above(rows: Sequence[Row]) -> int:
    """How many rows stand above the header of ``rows``: titles, notes, groups of columns.

    They are emptier than the header, whose cells are names: short, all different, no numbers, and
    found nowhere below. Where nothing looks so, the header is the first row.
    """
    filled = [[shown(cell).strip() for cell in row if shown(cell).strip()] for row in rows[:SAMPLE]]
    width = Counter(map(len, filled)).most_common(1)[0][0] if filled else 0
    for i, cells in enumerate(filled[:MOST]):
        if len(cells) >= max(2, width - 1):
            return i if i and _names(cells, rows[i + 1 : SAMPLE]) else 0
    return 0


def _names(cells: Sequence[str], below: Sequence[Row]) -> bool:
    if len(set(cells)) < len(cells) or any(len(cell) > LONGEST for cell in cells):
        return False
    if any(re.fullmatch(r"[-+]?[\d.,:/ -]+", cell) for cell in cells):
        return False
    return not set(cells) & {shown(cell).strip() for row in below for cell in row}


def is_data(header: Row, below: Sequence[Row]) -> bool:
    """Whether ``header`` is a row of data: it holds a text, and a value that others share."""
    seen = [[shown(row[i]).strip() for row in below[:SAMPLE]] for i in range(len(header))]
    names = [shown(cell).strip() for cell in header]
    text = any(
        len(name.split()) >= WORDS and len(set(column)) > len(column) / 2
        for name, column in zip(names, seen, strict=True)
    )
    value = any(
        name and column.count(name) > 1 and len(set(column)) <= max(2, len(column) / 3)
        for name, column in zip(names, seen, strict=True)
    )
    return text and value


HEADLESS = "no header: the first row is data, and columns are called by their places"


def told(rows: Sequence[Row]) -> list[str]:
    """A note on the ``rows`` that stand above a header; none where there are none."""
    if not rows:
        return []
    first = next((s for row in rows for cell in row if (s := shown(cell).strip())), "")
    lines = "1 line" if len(rows) == 1 else f"{len(rows)} lines"
    return [f"left out: {lines} above the header, such as {first[:LONGEST]!r}"]
