"""Finding the row of a file that a text belongs to, and the features of that row."""

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
from ...runtime.schema import Array

WARNING_SHARE = 0.05
"""Share of texts with conflicting rows above which there is a warning."""

Keys = NDArray[np.uint64]


@register(
    "boosted.known",
    holds={
        "keys": Array("rows_known"),
        "cells": Array("rows_known", "features", nan=True),
        "clash": Array("rows_known"),
    },
)
@dataclass(frozen=True, eq=False)
class RowLookup:
    """The ``cells`` of texts, ``[texts, features]``, found by sorted ``keys``, ``[texts]``.

    A key is a hash of the text, so that no text is stored in the model. ``clash``, ``[texts]``,
    marks texts whose rows disagree; the cells in which they disagree are missing (NaN).
    """

    keys: Keys
    cells: Floats
    clash: NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[Text], cells: Floats) -> RowLookup:
        """The lookup of ``texts`` with their ``cells``, ``[texts, features]``, row by row."""
        keys, first, owner = np.unique(_keys(texts), return_index=True, return_inverse=True)
        first_cells = cells[first]
        same = (cells == first_cells[owner]) | (np.isnan(cells) & np.isnan(first_cells[owner]))
        differ = np.zeros(first_cells.shape, bool)
        np.logical_or.at(differ, owner, ~same)
        return cls(
            keys, np.where(differ, np.nan, first_cells), np.logical_or.reduce(differ, axis=1)
        )

    def warn(self, texts: Sequence[Text]) -> None:
        """Warn if many ``texts`` belong to several rows that disagree."""
        keys, counts = np.unique(_keys(texts), return_counts=True)
        conflicting = self.keys[self.clash]
        affected = int(counts[np.isin(keys, conflicting)].sum())
        if affected > WARNING_SHARE * len(texts):
            warnings.warn(
                f"{affected:,} of {len(texts):,} texts occur in several rows whose columns "
                "disagree; those cells are treated as missing; to keep them, make texts unique, "
                "for example by adding its row number",
                stacklevel=4,
            )

    def find(self, texts: Sequence[Text]) -> tuple[Floats, NDArray[np.bool_]]:
        """The cells of ``texts``, ``[texts, features]``, NaN if not found; and a mask of those
        found, ``[texts]``.
        """
        if not len(self.keys):
            return np.full((len(texts), self.cells.shape[1]), np.nan), np.zeros(len(texts), bool)
        keys = _keys(texts)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        is_found = self.keys[places] == keys
        return np.where(is_found[:, None], self.cells[places], np.nan), is_found


def _keys(texts: Sequence[Text]) -> Keys:
    return np.array([_key(text) for text in texts], np.uint64)


def _key(text: Text) -> int:
    encoded = repr(text).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(encoded, digest_size=8).digest())
