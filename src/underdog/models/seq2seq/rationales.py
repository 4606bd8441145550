"""The second task of a network that writes labels: the reasons, as a teacher gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ..features.windows import WindowReader
from ..training.batches import Rows, TrainingBatches
from .network import LabelWriter, gather_windows

IGNORED = -100
"""What the loss leaves out: padding, and examples without a reason."""

LONGEST = 96
"""Tokens of a reason that are learned."""


class TwoTasks(torch.nn.Module):
    """A ``writer`` that is trained to score the labels of a text and to write why.

    Distilling step by step (Hsieh et al., Findings of ACL 2023): both tasks share all weights, and
    answers write the label alone. ``second_loss`` is the cross-entropy of the reasons of the last
    batch, in nats a token, times ``share`` of the whole loss to one of the rest.
    """

    def __init__(self, writer: LabelWriter, start: int, share: float) -> None:
        super().__init__()
        self.writer, self.start, self.scale = writer, start, share / (1 - share)
        self.second_loss: torch.Tensor | None = None

    def forward(
        self, ids: Any, mask: Any, types: Any, sides: Any, owner: Any, reasons: Any
    ) -> torch.Tensor:
        """Log probabilities ``[texts, labels]``; ``reasons`` are token ids, ``[texts, tokens]``."""
        memory, seen = gather_windows(self.writer.read(ids, mask), mask, owner)
        self.second_loss = None
        if self.training and bool((reasons != IGNORED).any()):
            self.second_loss = self.scale * self._loss(memory, seen, reasons)
        return self.writer.score_labels(memory, seen)

    def _loss(self, memory: Any, seen: Any, reasons: Any) -> torch.Tensor:
        """The mean cross-entropy of the tokens of ``reasons``, each written after those before."""
        before = torch.full_like(reasons, self.start)
        before[:, 1:] = reasons[:, :-1].clamp(min=0)
        written = self.writer.body(
            encoder_outputs=(memory,),
            attention_mask=seen,
            decoder_input_ids=before,
            use_cache=False,
        ).logits
        return torch.nn.functional.cross_entropy(
            written.flatten(0, 1).float(), reasons.flatten(), ignore_index=IGNORED
        )


def with_reasons(
    batches: TrainingBatches, data: Dataset, texts: Sequence[Text], column: str, read: WindowReader
) -> TrainingBatches:
    """``batches`` of ``texts`` whose collated tensors end in the reasons' token ids.

    The reason for a text is its cell in ``column``. Raises `UnderdogError` if there is no such
    column, or no reason in it.
    """
    if column not in data.columns:
        raise UnderdogError(
            f"no column {column!r} of rationales", f"columns: {', '.join(data.columns) or 'none'}"
        )
    cells = zip(data.texts, data.columns[column], strict=True)
    reasons = {text: str(cell) for text, cell in cells if cell is not None and str(cell).strip()}
    tokens = [read.tokens(reasons[text])[:LONGEST] if text in reasons else [] for text in texts]
    if not any(tokens):
        raise UnderdogError(f"the column {column!r} holds no rationale", "name another column")

    def collate(rows: Rows) -> tuple[torch.Tensor, ...]:
        some = [tokens[row] for row in rows.tolist()]
        padded = np.full((len(some), max(1, *map(len, some))), IGNORED, np.int64)
        for line, ids in zip(padded, some, strict=True):
            line[: len(ids)] = ids
        return (*batches.collate(rows), torch.from_numpy(padded))

    return replace(batches, collate=collate)
