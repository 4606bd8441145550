"""The loss of a batch for each kind of task: labels, sets of labels, numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch


def cross_entropy(logits: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
    """The cross-entropy of ``logits`` ``[rows, labels]`` and distributions ``gold``, summed."""
    loss: torch.Tensor = -(gold * logits.log_softmax(dim=1)).sum()
    return loss


def binary(logits: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
    """The binary cross-entropy of each label, ``[rows, labels]``, summed over rows and labels."""
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, gold, reduction="sum")


def squared(scores: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
    """The squared error of numbers, and of the error that is expected of each, summed.

    ``scores`` are ``[rows, 2]``: a number, and how far it is expected to be off (loss prediction:
    Yoo & Kweon, CVPR 2019). ``gold`` holds the number in its first column.
    """
    error = scores[:, 0] - gold[:, 0]
    expected = scores[:, 1] - error.detach().abs()
    return (error**2).sum() + (expected**2).sum()


LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "label": cross_entropy,
    "labels": binary,
    "number": squared,
}
"""The loss for each kind of task."""
