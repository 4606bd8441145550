"""Learning from a teacher on texts that the student writes itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...core.language import Ids, LanguageModel
from .divergence import divergence

GIVEN = 4
"""One part in so many of a piece is given; the student writes the rest."""


def own_words_loss(
    body: Any, rows: Ids, teacher: LanguageModel, kind: str, seed: int
) -> torch.Tensor:
    """How far the student ``body`` is from its ``teacher`` on what it wrote itself: one number.

    It continues the beginnings of ``rows``, ``[batch, length + 1]``, by sampling, and is corrected
    where it goes wrong (generalised knowledge distillation, Agarwal et al., ICLR 2024). The whole
    distributions are compared, by the divergence ``kind``.
    """
    given = max(1, rows.shape[1] // GIVEN)
    ids = _written(body, torch.from_numpy(rows[:, :given]), rows.shape[1] - 1, seed)
    said = body(ids, use_cache=False).logits[:, given - 1 :]
    told, _ = teacher.extend(ids.numpy())
    wanted = torch.from_numpy(np.asarray(told[:, given - 1 :], np.float32))
    student, right = (torch.log_softmax(x.flatten(0, 1), -1) for x in (said, wanted))
    return divergence(student, right.clamp(min=-1e4), kind)


def _written(body: Any, ids: torch.Tensor, length: int, seed: int) -> torch.Tensor:
    """``ids``, ``[batch, given]``, continued by sampling to ``length`` tokens."""
    draw = torch.Generator().manual_seed(seed)
    memory, new = None, ids
    with torch.no_grad():
        while ids.shape[1] < length:
            out = body(new, past_key_values=memory, use_cache=True)
            memory = out.past_key_values
            chances = torch.softmax(out.logits[:, -1], -1)
            new = torch.multinomial(chances, 1, generator=draw)
            ids = torch.cat([ids, new], dim=1)
    return ids
