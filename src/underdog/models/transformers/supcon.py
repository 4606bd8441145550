"""Moving an encoder's vectors so that texts of one label lie together, by a few examples."""

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
from ..training.loop import MAX_GRADIENT_NORM, TrainingConfig, device, mixed_precision, seeded
from .network import token_sums

Rows = NDArray[np.intp]
Show = Callable[[Rows], PaddedWindows]
"""Gives the texts at some rows as a network takes them."""

TEMPERATURE = 0.07
"""How much nearer counts; the value of the paper."""

PART = 16
"""Texts of a batch that the encoder reads at once."""


@dataclass(frozen=True)
class Course:
    """How to train: ``steps`` batches of ``batch`` texts at most, at ``rate``."""

    steps: int
    rate: float
    batch: int


def pull(body: Any, show: Show, says: Rows, course: Course, seed: int) -> None:
    """Train ``body`` where it stands on the texts that ``show`` gives, whose labels are ``says``.

    Supervised contrastive learning (Khosla et al., NeurIPS 2020) inside batches, where each text
    is compared with all others: no pairs are listed, so memory grows with the batch and not with
    the square of the examples. The embeddings of tokens stay as they are. A loss that is not a
    number is an `UnderdogError`. Does not halve a batch that memory is too short for.
    """
    where = device()
    body.to(where)
    for p in body.get_input_embeddings().parameters():
        p.requires_grad_(False)
    trained = [p for p in body.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=course.rate, weight_decay=0.01, fused=True)
    config = TrainingConfig(rate=course.rate)
    body.train()
    with seeded(seed), step("training", course.steps) as advance:
        for i, rows in enumerate(batches(says, course, seed)):
            for group in optimizer.param_groups:
                group["lr"] = config.rate_at(i, course.steps)
            with mixed_precision(where):
                read = in_parts(body, show(rows))
            vectors = torch.nn.functional.normalize(read.float(), dim=1)
            loss: Any = contrast(vectors, torch.from_numpy(says[rows]).to(where))
            if not math.isfinite(float(loss.detach())):
                raise UnderdogError(
                    f"training came apart: a loss of {float(loss.detach())} in step {i + 1}",
                    f"train in smaller steps: rate={course.rate / 10:g}",
                )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, MAX_GRADIENT_NORM)
            optimizer.step()
            advance(1)
    body.to("cpu").eval()


def in_parts(body: Any, texts: PaddedWindows) -> torch.Tensor:
    """The token vectors of each text, summed; those of like length together, to pad little."""
    lengths = texts.mask.sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    found = []
    for part in np.array_split(order, math.ceil(len(order) / PART)):
        short = [a[part, : lengths[part].max()] for a in texts]
        sides = token_sums(body, *(torch.from_numpy(a).to(body.device) for a in short))
        found.append(sides.sum(dim=1))
    return torch.cat(found)[torch.from_numpy(np.argsort(order)).to(body.device)]


def contrast(
    vectors: torch.Tensor, says: torch.Tensor, temperature: float = TEMPERATURE
) -> torch.Tensor:
    """The mean surprise at meeting a text of one's own label, among all others of the batch.

    ``vectors`` have length 1, shape ``[texts, width]``; ``says`` are label numbers. The loss
    ``L_out`` of the paper. A text without a fellow does not count.
    """
    own = torch.eye(len(says), dtype=torch.bool, device=says.device)
    near = (vectors @ vectors.T / temperature).masked_fill(own, -torch.inf)
    fellows = (says[:, None] == says[None, :]) & ~own
    surprise = -near.log_softmax(dim=1).masked_fill(~fellows, 0.0).sum(dim=1)
    counts = fellows.sum(dim=1)
    met = counts > 0
    mean: torch.Tensor = (surprise[met] / counts[met]).mean()
    return mean


def batches(says: Rows, course: Course, seed: int) -> Iterator[Rows]:
    """Rows with as many of each label as fit, and two at least.

    Where a label has too few examples the same ones come twice: dropout makes them differ (Gao et
    al., SimCSE, EMNLP 2021).
    """
    rng = np.random.default_rng(seed)
    mine = [np.flatnonzero(says == label) for label in np.unique(says)]
    at_once = min(len(mine), course.batch // 2)
    each = min(max(map(len, mine)), course.batch // at_once)
    for _ in range(course.steps):
        chosen = rng.permutation(len(mine))[:at_once]
        yield np.concatenate([_some(mine[k], max(2, each), rng) for k in chosen])


def _some(rows: Rows, n: int, rng: np.random.Generator) -> Rows:
    """``n`` of ``rows``: all different as long as there are enough."""
    rounds = [rng.permutation(rows) for _ in range(math.ceil(n / len(rows)))]
    return np.concatenate(rounds)[:n]
