"""`Static` as torch trains it."""

from __future__ import annotations

import torch

from ..pairs import head_width
from .model import Vectors

HIDDEN = 256
DROPOUT = 0.3


class Network(torch.nn.Module):
    """Two layers on the mean of each text's token vectors, or on the comparison of two means.

    ``forward`` takes token numbers, all texts' one after the other, and where each text begins;
    of pairs, the first sides come before the second ones. It gives logits ``[texts, labels]``.
    """

    def __init__(self, table: Vectors, labels: int, *, pairs: bool) -> None:
        super().__init__()
        self.pairs = pairs
        self.table = torch.nn.EmbeddingBag.from_pretrained(
            torch.from_numpy(table.copy()), freeze=False, mode="mean"
        )
        self.drop = torch.nn.Dropout(DROPOUT)
        self.inner = torch.nn.Linear(head_width(table.shape[1], pair=pairs), HIDDEN)
        self.outer = torch.nn.Linear(HIDDEN, labels)

    def forward(self, ids: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        seen = self.table(ids, starts)
        if self.pairs:
            one, other = seen.chunk(2)
            seen = torch.cat([one, other, (one - other).abs(), one * other], dim=1)
        said: torch.Tensor = self.outer(self.drop(self.inner(self.drop(seen)).relu()))
        return said
