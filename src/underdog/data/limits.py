"""How large a file may be: limits on bytes, columns and cells, set by environment variables."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from ..core.errors import UnderdogError

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@dataclass(frozen=True)
class Ceiling:
    """A ceiling of ``default`` units of ``what``; the environment variable ``name`` replaces it."""

    name: str
    default: int
    what: str

    @property
    def value(self) -> int:
        """The ceiling in force. Raises UnderdogError where the variable holds no number."""
        said = os.environ.get(self.name, "").strip()
        if not said:
            return self.default
        found = re.fullmatch(r"(\d{1,18})\s*([kmgt]?)b?", said.casefold().replace("_", ""))
        if not found:
            raise UnderdogError(
                f"{self.name}={said} is not a number of {self.what}",
                f"export {self.name}={self.default}",
            )
        number: int = int(found[1]) * UNITS[found[2]]
        return number

    def check(self, found: int, where: str, more: bool = False) -> None:
        """Refuse ``found`` units in ``where`` above the ceiling; ``more`` says "at least"."""
        if found > (ceiling := self.value):
            raise UnderdogError(
                f"{where} has {'more than ' if more else ''}{ceiling if more else found:,} "
                f"{self.what}; the limit is {ceiling:,}",
                f"raise the limit: export {self.name}={_round(max(2 * ceiling, found))}",
            )


def _round(value: int) -> int:
    """``value`` rounded up to one digit and zeros."""
    step: int = 10 ** (len(str(value)) - 1)
    return -(-value // step) * step


BYTES = Ceiling("UNDERDOG_MAX_BYTES", 10**9, "bytes")
"""Bytes of a file, once it is unpacked."""

COLUMNS = Ceiling("UNDERDOG_MAX_COLUMNS", 10_000, "columns")
CELLS = Ceiling("UNDERDOG_MAX_CELLS", 100_000_000, "cells")
"""Rows times columns."""
