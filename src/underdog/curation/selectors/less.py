"""Influence: documents whose gradients point where those of the target do (`Less`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...models.language.lm import LM
from ...runtime.extras import require
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from ..pool import Pool
from ..pool.pool import texts_of
from ..scoring import Learning
from .dsir import target_of

Vectors = Mapping[str, NDArray[np.float32]]

MODEL = LM(base="smollm2", lora=4, length=128, batch=4)
TARGETS = 64
"""Target texts whose gradients are averaged, at most."""


@register("less", holds={"warmup": Number(1, 1e6), "dims": Number(8, 1 << 20)})
@dataclass(frozen=True)
class Less(Learning):
    """The cosine of a document's gradient, as Adam would use it, with the mean one of the target.

    LESS (Xia et al., ICML 2024). ``model``, an `lm` recipe, first learns ``warmup`` documents of
    the pool; gradients are those of its LoRA factors, or of all weights where it has no base,
    projected at random to ``dims`` numbers. Influence by gradients predicts little of what a
    retrained model does, so compare it: --prove. A document costs as much as a training step.
    """

    model: LM = MODEL
    target: str = ""
    warmup: int = 64
    dims: int = 4096

    def learn(self, pool: Pool) -> Influence:
        """What Adam knows after the warm-up, and the direction of the target."""
        require("torch", "torch")
        from .gradients import warmed

        aim = target_of(self.target, pool)
        if len(aim) > TARGETS:
            rows = np.random.default_rng(pool.seed).choice(len(aim), TARGETS, replace=False)
            aim = aim.take(rows)
        seen = texts_of(pool.sample(self.warmup, "warmup"))
        weights, first, second, steps = warmed(self.model, seen, pool.seed)
        ready = Influence(
            self.model, weights, first, second, steps, np.ones(self.dims, np.float32), pool.seed
        )
        rows = np.stack([ready.direction(text, adam=False) for text in texts_of(aim)])
        mean = rows.mean(axis=0)
        if not np.isfinite(mean).all() or not np.abs(mean).sum():
            raise UnderdogError("the target has no gradient", "give longer texts: --target FILE")
        return Influence(self.model, weights, first, second, steps, mean, pool.seed)


@register(
    "less.influence", holds={"aim": Array("dims"), "steps": Number(1, 1e7), "seed": Number(0)}
)
@dataclass(frozen=True, eq=False)
class Influence:
    """A network after its warm-up, with Adam's averages of gradients; and the ``aim``, ``[dims]``.

    ``weights``, ``first`` and ``second`` are arrays by the names of what is trained.
    """

    model: LM
    weights: Vectors
    first: Vectors
    second: Vectors
    steps: int
    aim: NDArray[np.float32]
    seed: int

    def score(self, data: Dataset) -> Floats:
        """The cosine of each example with the aim, ``[examples]``; 0 for a text of one token."""
        length = float(np.linalg.norm(self.aim))
        found = [float(self.direction(text) @ self.aim) / length for text in texts_of(data)]
        return np.array(found)

    def direction(self, text: str, adam: bool = True) -> NDArray[np.float32]:
        """The projected gradient of ``text``, of length 1, ``[dims]``."""
        found: NDArray[np.float32] = self._gradients.direction(text, adam)
        return found

    @cached_property
    def _gradients(self) -> Any:
        from .gradients import Gradients

        averages = self.first, self.second, self.steps
        return Gradients(self.model, self.weights, averages, len(self.aim), self.seed)
