"""The BiLSTM as torch trains it."""

from __future__ import annotations

import torch
from torch.nn.functional import relu
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ..features.pair_features import head_width, pair_features

FAR = 1e9
"""Subtracted from the scores of padding."""

DROPOUT = 0.3


class Network(torch.nn.Module):
    """A bidirectional LSTM, pooled into one vector per text, and two layers that classify it.

    The mean of the input vectors is concatenated to the pooled vector, so that the network has at
    least the information of a bag of words.

    ``forward(x, lengths)`` takes vectors ``[texts, words, width]`` or, with a ``table``, its row
    numbers ``[texts, words]``, and gives logits ``[texts, labels]``. Pairs are twice as many texts,
    all first sides before all second sides. `graph` finds the weights by the names of the layers.
    """

    def __init__(
        self,
        width: int,
        labels: int,
        hidden: int,
        layers: int,
        *,
        pool: str,
        pair: bool,
        cross: bool,
    ) -> None:
        super().__init__()
        self.pool, self.pair, self.cross = pool, pair, pair and cross
        self.table: torch.nn.Embedding | None = None
        self.lstm = torch.nn.LSTM(
            width,
            hidden,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=DROPOUT if layers > 1 else 0.0,
        )
        if self.cross:
            self.compare = torch.nn.Linear(8 * hidden, 2 * hidden)
        if pool == "attention":
            self.score = torch.nn.Linear(2 * hidden, 1)
        self.inner = torch.nn.Linear(head_width(2 * hidden + width, pair=pair), hidden)
        self.outer = torch.nn.Linear(hidden, labels)
        self.drop = torch.nn.Dropout(DROPOUT)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        vectors = x if self.table is None else self.table(x)
        mask = torch.arange(x.shape[1], device=x.device)[None, :] < lengths[:, None]
        packed = pack_padded_sequence(
            self.drop(vectors), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=x.shape[1]
        )
        if self.cross:
            states = self.crossed(states, mask)
        is_word = mask[:, :, None]
        mean = (vectors * is_word).sum(dim=1) / is_word.sum(dim=1)
        pooled = torch.cat([self.pooled(states, mask), mean], dim=1)
        if self.pair:
            pooled = torch.cat(pair_features(*pooled.chunk(2)), dim=-1)
        logits: torch.Tensor = self.outer(self.drop(relu(self.inner(self.drop(pooled)))))
        return logits

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One vector per text, ``[texts, 2 * hidden]``: the maximum of each feature, or an
        attention-weighted mean.
        """
        padding = (~mask)[:, :, None] * FAR
        if self.pool == "max":
            return (states - padding).amax(dim=1)
        weights: torch.Tensor = (self.score(states) - padding).softmax(dim=1)
        return (weights * states).sum(dim=1)

    def crossed(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Each word compared with the most similar words of the other side (Chen et al., ESIM, ACL
        2017).

        Input and result have the shape ``[texts, words, 2 * hidden]``.
        """
        one, other = states.chunk(2)
        mask_one, mask_other = mask.chunk(2)
        alike = one @ other.transpose(1, 2)
        seen = (alike - (~mask_other)[:, None, :] * FAR).softmax(dim=2) @ other
        back = (alike.transpose(1, 2) - (~mask_one)[:, None, :] * FAR).softmax(dim=2) @ one
        beside = torch.cat(pair_features(states, torch.cat([seen, back])), dim=-1)
        compared: torch.Tensor = relu(self.compare(self.drop(beside)))
        return compared
