"""Which row of the file a text stands in: what is known of it besides what it says."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Text
from ...runtime.registry import register

MANY = 0.05
"""The share of texts in clashing rows from which it is told."""

Keys = NDArray[np.uint64]


@register("boosted.known")
@dataclass(frozen=True, eq=False)
class Known:
    """The ``cells`` of texts, ``[texts, features]``, found by ``keys``, which are in order.

    A key is a hash of the text, so that nobody's texts are kept in the model. ``clash`` marks
    texts whose rows disagree: what they disagree in is not known.
    """

    keys: Keys
    cells: Floats
    clash: NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[Text], cells: Floats) -> Known:
        """What is known of ``texts``, row by row."""
        keys, first, owner = np.unique(_keys(texts), return_index=True, return_inverse=True)
        one = cells[first]
        same = (cells == one[owner]) | (np.isnan(cells) & np.isnan(one[owner]))
        differ = np.zeros(one.shape, bool)
        np.logical_or.at(differ, owner, ~same)
        return cls(keys, np.where(differ, np.nan, one), np.logical_or.reduce(differ, axis=1))

    def warn(self, texts: Sequence[Text]) -> None:
        """Say so if the rows of many ``texts`` cannot be told apart by the text."""
        keys, times = np.unique(_keys(texts), return_counts=True)
        shared = self.keys[self.clash]
        lost = int(times[np.isin(keys, shared)].sum())
        if lost > MANY * len(texts):
            warnings.warn(
                f"{lost:,} of {len(texts):,} texts stand in several rows that do not agree in the "
                "columns, which for those texts are not all known; a text that names its row, "
                "such as by a number, is told apart",
                stacklevel=4,
            )

    def find(self, texts: Sequence[Text]) -> tuple[Floats, NDArray[np.bool_]]:
        """The cells of ``texts``, gaps for one that is not known, and which are known."""
        if not len(self.keys):
            return np.full((len(texts), self.cells.shape[1]), np.nan), np.zeros(len(texts), bool)
        asked = _keys(texts)
        at = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        known = self.keys[at] == asked
        return np.where(known[:, None], self.cells[at], np.nan), known


def _keys(texts: Sequence[Text]) -> Keys:
    return np.array([_key(text) for text in texts], np.uint64)


def _key(text: Text) -> int:
    said = repr(text).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(said, digest_size=8).digest())
