"""A table as it was found: named columns of cells, before it is known what they mean."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..core.data import Column, clean
from ..core.errors import UnderdogError
from . import limits

Cell = str | float | None
"""What one place of a table holds."""

EXACT = 2**53
"""Whole floats below it are integers that passed through a float column on their way here."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Columns of one length, by name; ``notes`` tell what the reader had to assume.

    ``text`` and ``label`` are the columns that the format itself says hold them; columns in
    ``unguessed`` hold something else, and are never guessed to be one of them.
    """

    name: str
    columns: Mapping[str, Column]
    notes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    label: str | None = None
    unguessed: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @classmethod
    def of(
        cls, name: str, names: Sequence[str], columns: Iterable[Column], notes: Sequence[str] = ()
    ) -> Sheet:
        """A sheet from its header and columns; refuses repeated names and the lack of rows.

        A column without a name is called by its place: "column 1". Of columns that are equal in
        name and cells, the first is kept.
        """
        limits.COLUMNS.check(len(names), name)
        header = [n.strip() or f"column {i}" for i, n in enumerate(map(str, names), 1)]
        if len(set(header)) < len(header):
            columns = list(columns)
            known = [(n, tuple(c)) for n, c in zip(header, columns, strict=True) if len(c)]
            if len(known) == len(header) and len(kept := dict(known)) == len(set(known)):
                repeated = sorted({n for n, times in Counter(header).items() if times > 1})
                notes = [*notes, f"columns that are in the file twice are read once: {repeated}"]
                header, columns = list(kept), list(kept.values())
        if twice := [n for n, times in Counter(header).items() if times > 1]:
            raise UnderdogError(
                f"{name} has the column name {twice[0]!r} twice",
                f"rename one of the two in the header: sed -n 1p {name}",
            )
        sheet = cls(name, dict(zip(header, columns, strict=True)), tuple(notes))
        if not len(sheet):
            raise UnderdogError(
                f"{name} has a header but no rows" if header else f"{name} is empty",
                "give a file with one example per row, below the names of the columns",
            )
        return sheet


LARGEST = 2**63
"""Whole numbers from here on are text: no column of numbers can hold them."""


def cell(value: Any) -> str | float | None:
    """One value as a cell: text, a number, or None for whatever stands for "missing" there.

    A whole number stays whole, whatever type held it, so that the label 1 is "1" and never
    "1.0". Lists and objects become JSON. Strings are never read as anything but text.
    """
    if value is None or isinstance(value, str):
        return value if value is None or value.isascii() else clean(value)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, list | tuple | dict):
        return _json(value)
    if type(value).__name__ in ("NAType", "NaTType"):  # pandas' own missing values
        return None
    if hasattr(value, "tolist"):  # a numpy scalar or array
        return cell(value.tolist())
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _number(value: int | float | Decimal) -> str | float | None:
    if isinstance(value, int):
        return value if abs(value) < LARGEST else _digits(value)
    value = float(value)
    if value != value:
        return None
    return int(value) if value.is_integer() and abs(value) < EXACT else value


def _digits(value: int) -> str:
    """A large number as text: it is an identifier, and no column of numbers could hold it."""
    try:
        return str(value)
    except ValueError as error:  # Python's own limit
        raise UnderdogError(
            f"a whole number of about {value.bit_length() * 3 // 10:,} digits; the limit is "
            f"{sys.get_int_max_str_digits():,}",
            "raise the limit: export PYTHONINTMAXSTRDIGITS=1000000",
        ) from error


def _json(value: Any) -> str:
    try:
        return clean(json.dumps(value, ensure_ascii=False, default=str))
    except (RecursionError, ValueError) as error:
        raise UnderdogError(
            "a cell holds a list or object that is nested too deeply, or contains itself",
            'write flat objects: {"text": "…", "label": "…"}',
        ) from error


def shown(value: str | float | None) -> str:
    """A cell as text; the empty string where there is none."""
    return "" if value is None else str(value)
