"""Which rows a model was fitted on: hashes that travel with it, and do not reveal the texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.data import Dataset, normal
from ...runtime.registry import register

BITS = 40
"""Bits kept of each hash: among 10,000 rows and 10,000 new ones, one chance match in 11,000 runs.

Short hashes are ambiguous on purpose: a match shows that a text may have been seen, and the salt
keeps hashes of one model from being looked up in those of another."""


@register("frugal.rows")
@dataclass(frozen=True, eq=False)
class RowHashes:
    """Salted, truncated hashes of the texts of some rows: sorted, unique, shape ``[texts]``.

    Texts that differ in case or white space only are the same text.
    """

    salt: str
    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, data: Dataset, salt: str) -> RowHashes:
        """The hashes of all texts of ``data``."""
        return cls(salt, np.unique(_hashes(data, salt)))

    def contain(self, data: Dataset) -> NDArray[np.bool_]:
        """Which rows of ``data`` have a text that is among these, shape ``[rows]``."""
        found: NDArray[np.bool_] = np.isin(_hashes(data, self.salt), self.hashes)
        return found


def _hashes(data: Dataset, salt: str) -> NDArray[np.uint64]:
    key = hashlib.sha256(salt.encode()).digest()[:32]
    size = BITS // 8
    return np.array(
        [
            int.from_bytes(
                hashlib.blake2b(
                    normal(text).encode("utf-8", "surrogatepass"), digest_size=size, key=key
                ).digest()
            )
            for text in data.texts
        ],
        np.uint64,
    )
