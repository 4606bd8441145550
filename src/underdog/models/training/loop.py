"""One training loop for every neural contestant: what to learn from, how, and when to stop."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...runtime.memory import release
from ...runtime.progress import step
from .batches import Lessons, Rows
from .checkpoint import Checkpoint, Tensors
from .examples import judged

Moving = dict[str, torch.nn.Parameter]
"""The parameters that are trained, by name."""

CLIP = 1.0
"""The greatest norm of a gradient."""

TIDY = 50
"""Batches after which freed memory is given back: batches of many lengths leave it in pieces."""

ADVISED = 1e-3
"""The greatest rate that is advised where training came apart."""


@dataclass(frozen=True)
class Plan:
    """How to train: ``epochs`` passes with AdamW, its rate rising over ``warmup`` of the steps and
    falling to zero after; or fewer, once ``patience`` passes were without progress.

    Small steps at the end pay: who stops at a pause that large ones make loses what they bring.
    ``balanced`` weighs labels by the inverse of their frequency; ``mixed`` is for networks that
    mostly multiply large matrices (recurrent ones get slower by it). ``tokens`` of a batch are
    computed at once, which bounds memory; the gradient is that of the batch all the same.
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

    def pace(self, at: int, steps: int) -> float:
        """The rate at step ``at`` of ``steps``."""
        rise = max(1, round(self.warmup * steps))
        if at < rise:
            return self.rate * (at + 1) / rise
        return self.rate * max(0.0, (steps - at) / max(1, steps - rise))


@dataclass
class Trained:
    """How the training went: held-out loss after each epoch (nats, at the best temperature).

    ``factor`` is the inverse temperature at the best epoch: multiply logits by it.
    """

    losses: list[float] = field(default_factory=list)
    factor: float = 1.0
    best: int = -1

    @property
    def stale(self) -> int:
        """Epochs since the best one."""
        return len(self.losses) - 1 - self.best


@contextmanager
def seeded(*seed: int) -> Iterator[None]:
    """Inside the block torch draws by ``seed``; outside nothing changes."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    with torch.random.fork_rng(devices=range(count)):
        torch.manual_seed(int(np.random.default_rng(seed).integers(2**62)))
        yield


def device() -> torch.device:
    """Where to compute: a GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def able(kind: str) -> bool:
    """Whether devices of a ``kind`` have instructions to multiply in bfloat16; else it is slow."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in ("amx_bf16", "avx512_bf16"))


def mixed(where: torch.device) -> torch.autocast:
    """Inside it transformers multiply in 16 bits, if the device is `able`; sums and weights stay
    in 32 (Micikevicius et al., Mixed Precision Training, ICLR 2018).
    """
    return torch.autocast(where.type, torch.bfloat16, enabled=able(where.type))


def train(
    module: torch.nn.Module,
    lessons: Lessons,
    plan: Plan,
    seed: int,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train ``module`` where it stands: ``module(*collate(rows))`` gives logits ``[rows, labels]``.

    Minimises cross-entropy with ``lessons.gold``, soft labels included, over the parameters that
    require gradients, and leaves those of the epoch with the least held-out loss. The same seed
    gives the same weights on a CPU. Where memory runs out a batch is computed in two halves, with
    a warning, and so on; a loss, or weights, that are no numbers are an `UnderdogError`. Buffers
    (running statistics) are not kept in checkpoints.
    """
    learn, check = lessons.sides(seed)
    module.to(device())
    moving = {name: p for name, p in module.named_parameters() if p.requires_grad}
    weights = lessons.balance(learn) if plan.balanced else np.ones(lessons.gold.shape[1])
    loop = _Loop(module, lessons, plan, _optimizer(moving, plan), weights)
    done = Trained()
    best: Tensors = {}
    if checkpoint and (saved := checkpoint.load()):
        done, best = _resumed(saved, moving, loop.optimizer)
    steps = math.ceil(len(learn) / plan.batch)
    with step("training", plan.epochs * steps) as advance:
        advance(len(done.losses) * steps)
        while len(done.losses) < plan.epochs and done.stale < plan.patience:
            loop.epoch(learn, (seed, len(done.losses)), advance)
            loss, factor = loop.judged(check)
            if not len(check) or not done.losses or loss < done.losses[done.best]:
                done.best, done.factor = len(done.losses), factor
                best = {name: p.detach().clone() for name, p in moving.items()}
            done.losses.append(loss)
            if checkpoint:
                checkpoint.save(_state(moving, best, loop.optimizer), asdict(done))
    module.load_state_dict(best, strict=False)
    module.to("cpu").eval()
    if checkpoint:
        checkpoint.remove()
    return done


def logits(module: torch.nn.Module, lessons: Lessons, rows: Rows, batch: int = 64) -> Floats:
    """What ``module`` says of the examples at ``rows``, shape ``[rows, labels]``, in that order."""
    module.eval()
    out = np.zeros((len(rows), lessons.gold.shape[1]))
    order = np.argsort(lessons.lengths[rows], kind="stable")
    with torch.inference_mode():
        for start in range(0, len(rows), batch):
            at = order[start : start + batch]
            inputs = [x.to(device()) for x in lessons.collate(rows[at])]
            out[at] = module(*inputs).double().cpu().numpy()
    return out


@dataclass
class _Loop:
    module: torch.nn.Module
    lessons: Lessons
    plan: Plan
    optimizer: torch.optim.Optimizer
    weights: Floats
    parts: int = 1

    def epoch(self, learn: Rows, seed: tuple[int, int], advance: Callable[[int], None]) -> None:
        """One pass over ``learn``, in an order and with dropout that ``seed`` decides."""
        self.module.train()
        batches = self.lessons.batches(learn, self.plan.batch, seed)
        total, before = self.plan.epochs * len(batches), seed[1] * len(batches)
        with seeded(*seed):
            for i, rows in enumerate(batches):
                for group in self.optimizer.param_groups:
                    group["lr"] = self.plan.pace(before + i, total)
                loss = self.gradient(rows)
                if not math.isfinite(loss):
                    raise self.apart(f"a loss of {loss}", seed[1])
                torch.nn.utils.clip_grad_norm_(self.module.parameters(), CLIP)
                self.optimizer.step()
                if i % TIDY == TIDY - 1:
                    release()
                advance(1)

        if not all(bool(p.isfinite().all()) for p in self.module.parameters()):
            raise self.apart("weights that are no numbers", seed[1])

    def apart(self, what: str, epoch: int) -> UnderdogError:
        """The error of a training that has left the numbers, as ``what`` shows."""
        slower = min(self.plan.rate / 10, ADVISED)
        return UnderdogError(
            f"training came apart: {what} in epoch {epoch + 1}",
            f"train in smaller steps: rate={slower:g}",
        )

    def gradient(self, rows: Rows) -> float:
        """The loss of a batch, its gradient left in place; in parts where memory is short."""
        long = math.ceil(self.lessons.lengths[rows].sum() / self.plan.tokens)
        while True:
            parts = min(max(self.parts, long), len(rows))
            self.optimizer.zero_grad(set_to_none=True)
            try:
                return sum(self.part(p, rows) for p in np.array_split(rows, parts))
            except (RuntimeError, MemoryError) as error:
                if not _out_of_memory(error):
                    raise
            if parts >= len(rows):
                raise UnderdogError(
                    "not even one example fits into memory",
                    "choose a smaller model, or shorter texts",
                )
            self.parts = min(2 * parts, len(rows))
            size = math.ceil(len(rows) / self.parts)
            warnings.warn(f"out of memory: going on with {size} examples at once", stacklevel=2)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def part(self, some: Rows, rows: Rows) -> float:
        """The share of the batch ``rows`` that its part ``some`` has in the loss."""
        where = device()
        inputs = [x.to(where) for x in self.lessons.collate(some)]
        gold = torch.tensor(self.lessons.gold[some] * self.weights, device=where)
        with mixed(where) if self.plan.mixed else nullcontext():
            said = self.module(*inputs)
        whole = float((self.lessons.gold[rows] * self.weights).sum())
        loss = -(gold * said.double().log_softmax(dim=1)).sum() / whole
        loss.backward()
        return float(loss.detach())

    def judged(self, check: Rows) -> tuple[float, float]:
        """Held-out loss at its best temperature, and the inverse of that temperature."""
        return judged(logits(self.module, self.lessons, check), self.lessons.gold[check])


def _optimizer(moving: Moving, plan: Plan) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter, ICLR 2019); biases and norms do not decay."""
    flat = [p for p in moving.values() if p.ndim < 2]
    deep = [p for p in moving.values() if p.ndim >= 2]
    groups = [{"params": deep, "weight_decay": plan.decay}, {"params": flat, "weight_decay": 0.0}]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=plan.rate, fused=True)


def _state(moving: Moving, best: Tensors, optimizer: torch.optim.Optimizer) -> Tensors:
    state: Tensors = {f"now.{name}": p for name, p in moving.items()}
    state |= {f"best.{name}": p for name, p in best.items()}
    for i, held in optimizer.state_dict()["state"].items():
        state |= {f"optimizer.{i}.{key}": value for key, value in held.items()}
    return state


def _resumed(
    saved: tuple[Tensors, dict[str, Any]], moving: Moving, optimizer: torch.optim.Optimizer
) -> tuple[Trained, Tensors]:
    """Put the parameters and the optimizer back where the checkpoint left them."""
    tensors, said = saved
    states: dict[int, dict[str, torch.Tensor]] = {}
    best: Tensors = {}
    with torch.no_grad():
        for full, tensor in tensors.items():
            kind, _, name = full.partition(".")
            if kind == "now":
                moving[name].copy_(tensor)
            elif kind == "best":
                best[name] = tensor.to(device())
            else:
                i, _, key = name.partition(".")
                states.setdefault(int(i), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": states, "param_groups": groups})
    return Trained(**said), best


def _out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        "can't allocate memory" in str(error) or "out of memory" in str(error)
    )
