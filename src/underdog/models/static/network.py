"""`Static` as torch trains it."""

from __future__ import annotations

import torch

from ..features.pair_features import head_width, pair_features
from .model import PLACES, Vectors

HIDDEN, FILTERS = 256, 128
DROPOUT = 0.5


class Network(torch.nn.Module):
    """Two layers on what a text's token vectors say: their mean, and the strongest phrases.

    ``forward`` takes token numbers ``[texts, tokens]``, 0 where there is none, and how many each
    text has; of pairs, whose two sides are compared, the first sides come before the second ones.
    It gives logits ``[texts, labels]``. Row 0 of ``table`` stands for no token.
    """

    def __init__(self, table: Vectors, labels: int, *, pairs: bool) -> None:
        super().__init__()
        self.pairs = pairs
        n, width = table.shape
        self.table = torch.nn.Embedding(n, width, padding_idx=0, _weight=torch.tensor(table))
        self.phrases = torch.nn.Conv1d(width, FILTERS, len(PLACES), padding="same")
        self.drop = torch.nn.Dropout(DROPOUT)
        self.inner = torch.nn.Linear(head_width(width + FILTERS, pair=pairs), HIDDEN)
        self.outer = torch.nn.Linear(HIDDEN, labels)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        known = self.table(ids)
        there = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
        mean = known.sum(dim=1) / lengths[:, None].clamp(min=1)
        found = self.phrases(known.transpose(1, 2)).relu() * there[:, None]
        seen = torch.cat([mean, found.amax(dim=2)], dim=1)
        if self.pairs:
            seen = torch.cat(pair_features(*seen.chunk(2)), dim=1)
        said: torch.Tensor = self.outer(self.drop(self.inner(self.drop(seen)).relu()))
        return said
