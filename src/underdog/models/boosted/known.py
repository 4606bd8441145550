"""Which row of the file a text stands in: what is known of it besides what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Text
from ...wiring.registry import register

Keys = NDArray[np.uint64]


@register("boosted.known")
@dataclass(frozen=True, eq=False)
class Known:
    """The ``cells`` of texts, ``[texts, features]``, found by ``keys``, which are in order.

    A key is a hash of the text, so that nobody's texts are kept in the model.
    """

    keys: Keys
    cells: Floats

    @classmethod
    def of(cls, texts: Sequence[Text], cells: Floats) -> Known:
        """What is known of ``texts``. Where rows of one text disagree, it is not known."""
        keys, first, owner = np.unique(_keys(texts), return_index=True, return_inverse=True)
        one = cells[first]
        same = (cells == one[owner]) | (np.isnan(cells) & np.isnan(one[owner]))
        differ = np.zeros(one.shape, bool)
        np.logical_or.at(differ, owner, ~same)
        return cls(keys, np.where(differ, np.nan, one))

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
