"""Rows of many lengths as one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def padded(rows: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """The rows of several texts as one array ``[texts, words, …]``, and how many each has."""
    lengths = np.array([len(row) for row in rows], np.int32)
    whole = np.zeros((len(rows), lengths.max(initial=1), *rows[0].shape[1:]), rows[0].dtype)
    for i, row in enumerate(rows):
        whole[i, : len(row)] = row
    return whole, lengths
