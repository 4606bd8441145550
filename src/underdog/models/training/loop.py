"""The training loop of every neural network: loss, learning-rate schedule, early stopping."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...runtime.memory import release
from ...runtime.progress import step
from .batches import Rows, TrainingBatches
from .checkpoint import Checkpoint, Tensors
from .devices import device, mixed_precision, seeded
from .examples import fit_temperature
from .losses import LOSSES

Parameters = dict[str, torch.nn.Parameter]
"""The parameters that are trained, by name."""

MAX_GRADIENT_NORM = 1.0
"""Norm to which gradients are clipped."""

RELEASE_EVERY = 50
"""Batches between two releases of freed memory, which batches of many lengths leave fragmented."""

MAX_ADVISED_RATE = 1e-3
"""The largest learning rate that is advised after training has diverged."""


@dataclass(frozen=True)
class TrainingConfig:
    """How to train: AdamW with linear warm-up and linear decay, and early stopping.

    At most ``epochs`` passes are made, in batches of ``batch`` examples. The learning rate rises to
    ``rate`` over the share ``warmup`` of the steps and then falls to zero. Training stops after
    ``patience`` epochs without a smaller validation loss; stopping on a plateau forfeits the gains
    of the decay, so the default never stops early. ``decay`` is the weight decay. ``balanced``
    weights labels by the inverse of their frequency. ``mixed`` computes in bfloat16, which helps
    networks that mostly multiply large matrices and slows recurrent ones down. ``tokens`` bounds
    the tokens of one forward and backward pass, and so the memory; the gradient is still that of
    the whole batch. ``loss`` is the kind of task, a key of `losses.LOSSES`.
    """

    epochs: int = 10
    rate: float = 1e-3
    batch: int = 32
    patience: float = math.inf
    warmup: float = 0.1
    decay: float = 0.01
    balanced: bool = False
    mixed: bool = False
    tokens: float = math.inf
    loss: str = "label"

    def rate_at(self, at: int, steps: int) -> float:
        """The learning rate at step ``at`` of ``steps``."""
        rise = max(1, round(self.warmup * steps))
        if at < rise:
            return self.rate * (at + 1) / rise
        return self.rate * max(0.0, (steps - at) / max(1, steps - rise))


@dataclass
class TrainingResult:
    """How the training went.

    ``losses`` are the validation losses after each epoch (nats, at the best temperature), and
    ``best`` is the index of the smallest. ``factor`` is the inverse temperature of that epoch:
    multiply logits by it. ``held_out`` are the scores and the gold of the validation rows, both
    ``[rows, outputs]``, unless single labels are learned.
    """

    losses: list[float] = field(default_factory=list)
    factor: float = 1.0
    best: int = -1
    held_out: tuple[Floats, Floats] | None = None

    @property
    def epochs_since_best(self) -> int:
        """Epochs since the one with the smallest validation loss."""
        return len(self.losses) - 1 - self.best


def train(
    module: torch.nn.Module,
    batches: TrainingBatches,
    config: TrainingConfig,
    seed: int,
    checkpoint: Checkpoint | None = None,
) -> TrainingResult:
    """Train ``module`` in place: ``module(*batches.collate(rows))`` gives logits ``[rows,
    labels]``.

    Minimises cross-entropy with ``batches.gold``, soft labels included, over the parameters that
    require gradients, and keeps those of the epoch with the smallest validation loss. The same
    random seed gives the same weights on a CPU. If memory runs out, a batch is computed in halves,
    with a warning. Raises `UnderdogError` if training diverges (a loss or a weight is not finite)
    or if one example does not fit into memory. Checkpoints do not hold buffers (running
    statistics).
    """
    learn, validation = batches.split(seed)
    module.to(device())
    trained = {name: p for name, p in module.named_parameters() if p.requires_grad}
    balanced = config.balanced and config.loss == "label"
    weights = batches.class_weights(learn) if balanced else np.ones(batches.gold.shape[1])
    loop = _Loop(module, batches, config, _optimizer(trained, config), weights)
    done = TrainingResult()
    best: Tensors = {}
    if checkpoint and (saved := checkpoint.load()):
        done, best = _resumed(saved, trained, loop.optimizer)
    steps = math.ceil(len(learn) / config.batch)
    with step("training", config.epochs * steps) as advance:
        advance(len(done.losses) * steps)
        while len(done.losses) < config.epochs and done.epochs_since_best < config.patience:
            loop.epoch(learn, (seed, len(done.losses)), advance)
            loss, factor = loop.validation_loss(validation)
            if not len(validation) or not done.losses or loss < done.losses[done.best]:
                done.best, done.factor = len(done.losses), factor
                best = {name: p.detach().clone() for name, p in trained.items()}
            done.losses.append(loss)
            if checkpoint:
                checkpoint.save(_state(trained, best, loop.optimizer), asdict(done))
    module.load_state_dict(best, strict=False)
    if config.loss != "label":
        done.held_out = logits(module, batches, validation), batches.gold[validation]
    module.to("cpu").eval()
    if checkpoint:
        checkpoint.remove()
    return done


def logits(
    module: torch.nn.Module, batches: TrainingBatches, rows: Rows, batch: int = 64
) -> Floats:
    """The logits of ``module`` for the examples at ``rows``, shape ``[rows, labels]``, in that
    order.
    """
    module.eval()
    out = np.zeros((len(rows), batches.gold.shape[1]))
    order = np.argsort(batches.lengths[rows], kind="stable")
    with torch.inference_mode():
        for start in range(0, len(rows), batch):
            at = order[start : start + batch]
            inputs = [x.to(device()) for x in batches.collate(rows[at])]
            out[at] = module(*inputs).double().cpu().numpy()
    return out


@dataclass
class _Loop:
    module: torch.nn.Module
    batches: TrainingBatches
    config: TrainingConfig
    optimizer: torch.optim.Optimizer
    weights: Floats
    parts: int = 1

    def epoch(self, learn: Rows, seed: tuple[int, int], advance: Callable[[int], None]) -> None:
        """One pass over the rows ``learn``; ``seed`` determines their order and the dropout."""
        self.module.train()
        batches = self.batches.epoch_batches(learn, self.config.batch, seed)
        total, before = self.config.epochs * len(batches), seed[1] * len(batches)
        with seeded(*seed):
            for i, rows in enumerate(batches):
                for group in self.optimizer.param_groups:
                    group["lr"] = self.config.rate_at(before + i, total)
                loss = self.gradient(rows)
                if not math.isfinite(loss):
                    raise self.diverged(f"a loss of {loss}", seed[1])
                torch.nn.utils.clip_grad_norm_(self.module.parameters(), MAX_GRADIENT_NORM)
                self.optimizer.step()
                if i % RELEASE_EVERY == RELEASE_EVERY - 1:
                    release()
                advance(1)

        if not all(bool(p.isfinite().all()) for p in self.module.parameters()):
            raise self.diverged("non-finite weights", seed[1])

    def diverged(self, what: str, epoch: int) -> UnderdogError:
        """The error for a diverged training; ``what`` was not finite."""
        slower = min(self.config.rate / 10, MAX_ADVISED_RATE)
        return UnderdogError(
            f"training diverged: {what} in epoch {epoch + 1}",
            f"use a smaller learning rate: rate={slower:g}",
        )

    def gradient(self, rows: Rows) -> float:
        """The mean loss of the batch ``rows``; its gradient is left in the parameters."""
        long = math.ceil(self.batches.lengths[rows].sum() / self.config.tokens)
        while True:
            parts = min(max(self.parts, long), len(rows))
            self.optimizer.zero_grad(set_to_none=True)
            try:
                return sum(self.part_loss(p, rows) for p in np.array_split(rows, parts))
            except (RuntimeError, MemoryError) as error:
                if not _out_of_memory(error):
                    raise
            if parts >= len(rows):
                raise UnderdogError(
                    "one example alone does not fit into memory",
                    "choose a smaller model, or shorter texts",
                )
            self.parts = min(2 * parts, len(rows))
            size = math.ceil(len(rows) / self.parts)
            warnings.warn(f"out of memory: continuing with {size} examples at a time", stacklevel=2)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def part_loss(self, part: Rows, rows: Rows) -> float:
        """The contribution of the rows ``part`` to the loss of the batch ``rows``."""
        where = device()
        inputs = [x.to(where) for x in self.batches.collate(part)]
        gold = torch.tensor(self.batches.gold[part] * self.weights, device=where)
        with mixed_precision(where) if self.config.mixed else nullcontext():
            logits = self.module(*inputs)
        whole = float((self.batches.gold[rows] * self.weights).sum())
        if self.config.loss != "label":
            whole = float(len(rows))
        loss = LOSSES[self.config.loss](logits.double(), gold) / whole
        second = getattr(self.module, "second_loss", None)
        if second is not None:  # a module that learns another task beside
            loss = loss + second.double() * (len(part) / len(rows))
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def validation_loss(self, validation: Rows) -> tuple[float, float]:
        """The validation loss at its best temperature, in nats, and the inverse of that
        temperature.
        """
        scores, gold = logits(self.module, self.batches, validation), self.batches.gold[validation]
        if self.config.loss == "label":
            return fit_temperature(scores, gold)
        loss = LOSSES[self.config.loss](torch.from_numpy(scores), torch.from_numpy(gold))
        return float(loss) / max(len(validation), 1), 1.0


def _optimizer(trained: Parameters, config: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter, ICLR 2019) without weight decay for biases and norms."""
    vectors = [p for p in trained.values() if p.ndim < 2]
    matrices = [p for p in trained.values() if p.ndim >= 2]
    groups = [
        {"params": matrices, "weight_decay": config.decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=config.rate, fused=True)


def _state(trained: Parameters, best: Tensors, optimizer: torch.optim.Optimizer) -> Tensors:
    state: Tensors = {f"now.{name}": p for name, p in trained.items()}
    state |= {f"best.{name}": p for name, p in best.items()}
    for i, values in optimizer.state_dict()["state"].items():
        state |= {f"optimizer.{i}.{key}": value for key, value in values.items()}
    return state


def _resumed(
    saved: tuple[Tensors, dict[str, Any]], trained: Parameters, optimizer: torch.optim.Optimizer
) -> tuple[TrainingResult, Tensors]:
    """Restore the parameters and the optimizer from a checkpoint."""
    tensors, progress = saved
    states: dict[int, dict[str, torch.Tensor]] = {}
    best: Tensors = {}
    with torch.no_grad():
        for full, tensor in tensors.items():
            kind, _, name = full.partition(".")
            if kind == "now":
                trained[name].copy_(tensor)
            elif kind == "best":
                best[name] = tensor.to(device())
            else:
                i, _, key = name.partition(".")
                states.setdefault(int(i), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": states, "param_groups": groups})
    return TrainingResult(**progress), best


def _out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        "can't allocate memory" in str(error) or "out of memory" in str(error)
    )
