"""A table as it was found: named columns of cells, before anybody says what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..core.data import Column, clean
from ..core.errors import UnderdogError

EXACT = 2**53
"""Whole floats below it are integers that passed through a float column on their way here."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Columns of one length, by name; ``notes`` tell what the reader had to assume."""

    name: str
    columns: Mapping[str, Column]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @classmethod
    def of(
        cls, name: str, names: Sequence[str], columns: Iterable[Column], notes: Sequence[str] = ()
    ) -> Sheet:
        """A sheet from its header and columns; refuses repeated names and the lack of rows.

        A column without a name is called by its place: "column 1".
        """
        header = [n.strip() or f"column {i}" for i, n in enumerate(map(str, names), 1)]
        if twice := sorted({n for n in header if header.count(n) > 1}):
            raise UnderdogError(
                f"{name} has the column name {twice[0]!r} twice",
                f"rename one of the two in the header: sed -n 1p {name}",
            )
        sheet = cls(name, dict(zip(header, columns, strict=True)), tuple(notes))
        if not len(sheet):
            raise UnderdogError(
                f"{name} has a header but no rows" if header else f"{name} is empty",
                "give a file with one example per row, as in: underdog compare tickets.csv",
            )
        return sheet


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
        return json.dumps(value, ensure_ascii=False, default=str)
    if type(value).__name__ in ("NAType", "NaTType"):  # pandas' own missing values
        return None
    if hasattr(value, "tolist"):  # a numpy scalar or array
        return cell(value.tolist())
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _number(value: int | float | Decimal) -> float | None:
    if isinstance(value, int):
        return value
    value = float(value)
    if value != value:
        return None
    return int(value) if value.is_integer() and abs(value) < EXACT else value


def shown(value: str | float | None) -> str:
    """A cell as text; the empty string where there is none."""
    return "" if value is None else str(value)
