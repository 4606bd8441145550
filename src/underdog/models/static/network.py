"""`Static` as torch trains it."""

from __future__ import annotations

import torch

from ..features.pair_features import head_width, pair_features
from .model import OFFSETS, Vectors

HIDDEN, FILTERS = 256, 128
DROPOUT = 0.5


class Network(torch.nn.Module):
    """Two layers on the mean of a text's token vectors and on max-pooled convolution filters.

    ``forward`` takes row numbers ``[texts, tokens]``, 0 for padding, and lengths ``[texts]``; for
    pairs the first sides come before the second sides. It gives logits ``[texts, labels]``. Row 0
    of ``table`` is padding.
    """

    def __init__(self, table: Vectors, labels: int, *, pairs: bool) -> None:
        super().__init__()
        self.pairs = pairs
        n, width = table.shape
        self.table = torch.nn.Embedding(n, width, padding_idx=0, _weight=torch.tensor(table))
        self.phrases = torch.nn.Conv1d(width, FILTERS, len(OFFSETS), padding="same")
        self.drop = torch.nn.Dropout(DROPOUT)
        self.inner = torch.nn.Linear(head_width(width + FILTERS, pair=pairs), HIDDEN)
        self.outer = torch.nn.Linear(HIDDEN, labels)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        vectors = self.table(ids)
        is_token = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
        mean = vectors.sum(dim=1) / lengths[:, None].clamp(min=1)
        responses = self.phrases(vectors.transpose(1, 2)).relu() * is_token[:, None]
        inputs = torch.cat([mean, responses.amax(dim=2)], dim=1)
        if self.pairs:
            inputs = torch.cat(pair_features(*inputs.chunk(2)), dim=1)
        logits: torch.Tensor = self.outer(self.drop(self.inner(self.drop(inputs)).relu()))
        return logits
