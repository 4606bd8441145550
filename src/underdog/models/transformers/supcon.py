"""Supervised contrastive training of an encoder on few examples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.errors import UnderdogError
from ...runtime.progress import step
from ..features.windows import PaddedWindows
from ..training.devices import device, mixed_precision, seeded
from ..training.loop import MAX_GRADIENT_NORM, TrainingConfig
from .network import token_sums

Rows = NDArray[np.intp]
CollateWindows = Callable[[Rows], PaddedWindows]
"""Gives the windows of the texts at some rows, fields of shape ``[rows, tokens]``."""

TEMPERATURE = 0.07
"""Divides the similarities; the value of the paper."""

TEXTS_AT_ONCE = 16
"""Texts of a batch per forward pass of the encoder."""


@dataclass(frozen=True)
class ContrastiveConfig:
    """How to train: ``steps`` batches of up to ``batch`` texts, at learning ``rate``."""

    steps: int
    rate: float
    batch: int


def train_contrastive(
    body: Any, collate: CollateWindows, labels: Rows, config: ContrastiveConfig, seed: int
) -> None:
    """Train ``body`` in place on the texts of ``collate``, whose label indices are ``labels``,
    ``[texts]``.

    Supervised contrastive learning (Khosla et al., NeurIPS 2020) inside batches, where each text is
    compared with all others: memory grows with the batch. Token embeddings stay frozen. Raises
    `UnderdogError` if the loss is not finite. Does not halve a batch that does not fit into memory.
    """
    target_device = device()
    body.to(target_device)
    for p in body.get_input_embeddings().parameters():
        p.requires_grad_(False)
    trained = [p for p in body.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=config.rate, weight_decay=0.01, fused=True)
    schedule = TrainingConfig(rate=config.rate)
    body.train()
    with seeded(seed), step("training", config.steps) as advance:
        for i, rows in enumerate(balanced_batches(labels, config, seed)):
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate_at(i, config.steps)
            with mixed_precision(target_device):
                sums = encode_in_parts(body, collate(rows))
            vectors = torch.nn.functional.normalize(sums.float(), dim=1)
            loss: Any = supcon_loss(vectors, torch.from_numpy(labels[rows]).to(target_device))
            if not math.isfinite(float(loss.detach())):
                raise UnderdogError(
                    f"training diverged: a loss of {float(loss.detach())} in step {i + 1}",
                    f"use a smaller learning rate: rate={config.rate / 10:g}",
                )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, MAX_GRADIENT_NORM)
            optimizer.step()
            advance(1)
    body.to("cpu").eval()


def encode_in_parts(body: Any, texts: PaddedWindows) -> torch.Tensor:
    """Summed token vectors of each text, ``[texts, width]``; texts of similar length share a
    pass.
    """
    lengths = texts.mask.sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    vectors = []
    for part in np.array_split(order, math.ceil(len(order) / TEXTS_AT_ONCE)):
        short = [a[part, : lengths[part].max()] for a in texts]
        sides = token_sums(body, *(torch.from_numpy(a).to(body.device) for a in short))
        vectors.append(sides.sum(dim=1))
    return torch.cat(vectors)[torch.from_numpy(np.argsort(order)).to(body.device)]


def supcon_loss(
    vectors: torch.Tensor, labels: torch.Tensor, temperature: float = TEMPERATURE
) -> torch.Tensor:
    """The supervised contrastive loss, ``L_out`` of the paper, over the texts of a batch.

    ``vectors`` have length 1 and the shape ``[texts, width]``; ``labels``, ``[texts]``, are label
    indices. It is the mean cross-entropy of picking a text of the same label among all others. A
    text without another of its label does not count. The result is a scalar.
    """
    self_pair = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    similarities = (vectors @ vectors.T / temperature).masked_fill(self_pair, -torch.inf)
    same_label = (labels[:, None] == labels[None, :]) & ~self_pair
    loss = -similarities.log_softmax(dim=1).masked_fill(~same_label, 0.0).sum(dim=1)
    counts = same_label.sum(dim=1)
    has_match = counts > 0
    mean: torch.Tensor = (loss[has_match] / counts[has_match]).mean()
    return mean


def balanced_batches(labels: Rows, config: ContrastiveConfig, seed: int) -> Iterator[Rows]:
    """Rows ``[batch]`` with equally many texts of each label, and at least two.

    If a label has too few examples, they are repeated: dropout makes the copies differ (Gao et al.,
    SimCSE, EMNLP 2021).
    """
    rng = np.random.default_rng(seed)
    rows_by_label = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    at_once = min(len(rows_by_label), config.batch // 2)
    per_label = min(max(map(len, rows_by_label)), config.batch // at_once)
    for _ in range(config.steps):
        chosen = rng.permutation(len(rows_by_label))[:at_once]
        yield np.concatenate([_draw(rows_by_label[k], max(2, per_label), rng) for k in chosen])


def _draw(rows: Rows, n: int, rng: np.random.Generator) -> Rows:
    """``n`` of ``rows``, without repetition as long as there are enough."""
    rounds = [rng.permutation(rows) for _ in range(math.ceil(n / len(rows)))]
    return np.concatenate(rounds)[:n]
