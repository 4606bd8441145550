"""Rows of many lengths as one array, and as the batches that a network takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from .batches import Collate


def padded(rows: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """The rows of several texts as one array ``[texts, words, …]``, and how many each has."""
    lengths = np.array([len(row) for row in rows], np.int32)
    whole = np.zeros((len(rows), lengths.max(initial=1), *rows[0].shape[1:]), rows[0].dtype)
    for i, row in enumerate(rows):
        whole[i, : len(row)] = row
    return whole, lengths


def collated(rows: Sequence[NDArray[Any]], n: int) -> Collate:
    """Batches of ``n`` examples, whose ``rows`` are ``n``, or twice as many for pairs."""
    import torch

    def collate(at: NDArray[np.intp]) -> tuple[torch.Tensor, ...]:
        chosen = [start + i for start in range(0, len(rows), n) for i in at]
        whole, lengths = padded([rows[i] for i in chosen])
        x = torch.from_numpy(whole)
        return x.float() if x.is_floating_point() else x, torch.from_numpy(lengths)

    return collate
