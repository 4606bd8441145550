"""Padding: sequences of different lengths as one array, and as batches for a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from .batches import Collate


def pad(rows: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """The rows of several texts as one array ``[texts, words, ...]``, and their lengths
    ``[texts]``.

    Row i is zero after its first ``lengths[i]`` entries.
    """
    lengths = np.array([len(row) for row in rows], np.int32)
    batch = np.zeros((len(rows), lengths.max(initial=1), *rows[0].shape[1:]), rows[0].dtype)
    for i, row in enumerate(rows):
        batch[i, : len(row)] = row
    return batch, lengths


def padding_collate(rows: Sequence[NDArray[Any]], n: int) -> Collate:
    """Collates ``n`` examples from ``rows``: one row per single text, or first and second sides of
    pairs.

    The tensors are the padded rows, ``[texts, words, ...]``, and their lengths, ``[texts]``.
    """
    import torch

    def collate(at: NDArray[np.intp]) -> tuple[torch.Tensor, ...]:
        chosen = [start + i for start in range(0, len(rows), n) for i in at]
        batch, lengths = pad([rows[i] for i in chosen])
        x = torch.from_numpy(batch)
        return x.float() if x.is_floating_point() else x, torch.from_numpy(lengths)

    return collate
