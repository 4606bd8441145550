"""Banking77 with embeddings that are computed once, and a student that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import root
from benchmarks.deferral.minilm import embeddings
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


@cache
def _known() -> dict[str, NDArray[np.float32]]:
    texts = sorted({str(text) for part in parts() for text in part.texts})
    return dict(zip(texts, embeddings(texts), strict=True))


@contextmanager
def embedded() -> Iterator[None]:
    """Inside the block sentences are looked up, not computed again."""

    def look(texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
        return np.array([_known()[text] for text in texts])

    usual = mock.patch.object(frozen.features, "__defaults__", (look,))
    with usual, mock.patch.object(frozen, "embed_cached", look):
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
