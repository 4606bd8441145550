"""Banking77 with embeddings that are computed once, and a student that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np

from benchmarks.data import root
from benchmarks.deferral.minilm import looked_up
from underdog.core.data import Dataset
from underdog.core.protocols import Model
from underdog.data.read import read
from underdog.models.transformers import frozen

HEAD = frozen.Frozen(c_value=10.0, sharpness=1.0)
"""A student that is fitted in seconds: its settings are not searched for."""


@cache
def parts() -> tuple[Dataset, Dataset]:
    """The training part and the test part."""
    found = read(
        root() / "banking77" / "banking77.csv", text=("text",), label="label", split="split"
    )
    assert found.train is not None
    assert found.test is not None
    return found.train, found.test


@contextmanager
def embedded() -> Iterator[None]:
    """Inside the block sentences are looked up, not computed again."""
    with looked_up([str(text) for part in parts() for text in part.texts]):
        yield


def accuracy(model: Model, test: Dataset) -> float:
    """The share of right answers to ``test``."""
    return float((model.answer(test.texts).indices(test.task.labels) == test.targets).mean())


def few(train: Dataset, each: int, seed: int) -> list[int]:
    """The rows of ``each`` examples per label, drawn by ``seed``."""
    draw = np.random.default_rng(seed)
    rows: list[int] = []
    for k in range(len(train.task.labels)):
        rows += draw.permutation(np.flatnonzero(train.targets == k))[:each].tolist()
    return rows
