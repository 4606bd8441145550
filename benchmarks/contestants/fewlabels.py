"""Eight labels a class: what a handful of examples is worth to each contestant."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.contestants import tasks
from benchmarks.contestants.cell import Cell
from underdog.core.data import Dataset
from underdog.core.protocols import Learner
from underdog.models.contrastive import Contrastive
from underdog.models.frozen import Frozen
from underdog.models.linear import Linear

EACH = 8
SEEDS = range(3)


def cells() -> Iterator[Cell]:
    """Questions to a bank: 616 examples of 77 kinds, drawn by the seed, and the whole test part."""
    for recipe, target in (
        (Linear(), {}),
        (Frozen(), {}),
        (Contrastive(), {"accuracy": "≥ .82", "memory": "≤ 2e9"}),
    ):
        for seed in SEEDS:
            yield Cell(
                f"banking77, {EACH} a label",
                repr(recipe),
                seed,
                partial(_few, recipe, seed),
                target,
            )


def few(train: Dataset, each: int, seed: int) -> Dataset:
    """``each`` examples of every label, drawn by ``seed``."""
    order = np.random.default_rng(seed).permutation(len(train))
    says = train.targets[order]
    rows = [order[says == label][:each] for label in range(len(train.task.labels))]
    return train.take(np.concatenate(rows))


def _few(recipe: Learner, seed: int) -> dict[str, float]:
    train, test = tasks.banking()
    found = tasks.raced(recipe, (few(train, EACH, seed), test), seed)
    return {**found, "memory": 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
