"""Scores that were worked out for the whole pool at once, looked up row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset
from ...runtime.registry import register
from ...runtime.schema import Array
from ..pool import rows_of


@register("curation.table", holds={"rows": Array("rows", low=0), "values": Array("rows")})
@dataclass(frozen=True, eq=False)
class Table:
    """A score for each of some ``rows`` of a pool, sorted; others are refused."""

    rows: NDArray[np.int64]
    values: Floats

    def score(self, data: Dataset) -> Floats:
        """The score of each example, ``[examples]``; minus infinity for rows that have none."""
        wanted = rows_of(data)
        if not len(self.rows):
            return np.full(len(wanted), -np.inf)
        at = np.minimum(np.searchsorted(self.rows, wanted), len(self.rows) - 1)
        found: Floats = np.where(self.rows[at] == wanted, self.values[at], -np.inf)
        return found
