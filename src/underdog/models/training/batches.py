"""What a neural network learns from: examples as tensors, split to stop by, batched by length."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ..features.windows import WindowReader, Windows
from .examples import FEW, Examples

if TYPE_CHECKING:
    import torch

Rows = NDArray[np.intp]
Collate = Callable[[Rows], "tuple[torch.Tensor, ...]"]
"""Makes of the examples at the given rows what a network takes: padded tensors, rows first."""

READ = 4
"""Windows of a text that are read in training. An answer reads them all."""

AT_ONCE = 4096
"""Tokens whose gradient a transformer computes at once. Of eight times as many, a batch of long
texts, one of 22 million parameters needs 12 GB."""

POOL = 50
"""Batches that are drawn together and sorted by length, so that little is padded."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """Examples in the form a network takes: ``gold`` is a distribution, ``[examples, labels]``.

    ``lengths`` says how long each is, ``clusters`` what must not be torn apart, as in `Examples`,
    ``unread`` how many tokens of the texts are not trained on.
    """

    collate: Collate
    lengths: NDArray[np.intp]
    gold: Floats
    clusters: tuple[str, ...]
    unread: int = 0

    def sides(self, seed: int) -> tuple[Rows, Rows]:
        """Rows to learn from, and to stop by: a tenth, up to a fifth of few, none of very few.

        An example without a fellow of its label is learned from.
        """
        n = len(self.gold)
        share = min(0.2, max(0.1, 200 / n), 2000 / n)
        _, cluster = np.unique(np.array(self.clusters, dtype=object), return_inverse=True)
        check = np.random.default_rng(seed).random(cluster.max() + 1)[cluster] < share
        says = self.gold.argmax(axis=1)
        lost = ~np.isin(says, says[~check])
        check &= ~np.isin(cluster, cluster[lost])
        if check.sum() < FEW:
            check[:] = False
        return np.flatnonzero(~check), np.flatnonzero(check)

    def batches(self, learn: Rows, size: int, seed: tuple[int, ...]) -> list[Rows]:
        """The rows ``learn`` in batches of like length, in an order that ``seed`` decides."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(learn)
        found: list[Rows] = []
        for start in range(0, len(order), POOL * size):
            pool = order[start : start + POOL * size]
            pool = pool[np.argsort(self.lengths[pool], kind="stable")]
            found += [pool[i : i + size] for i in range(0, len(pool), size)]
        return [found[i] for i in rng.permutation(len(found))]

    def balance(self, learn: Rows) -> Floats:
        """A weight for each label that makes all labels seen in ``learn`` count the same."""
        mass = self.gold[learn].sum(axis=0)
        even = mass.sum() / max(1, (mass > 0).sum())
        return np.where(mass > 0, even / np.maximum(mass, 1e-9), 0.0)


def reading(examples: Examples, reader: WindowReader) -> Lessons:
    """The examples as windows; says how much of long ones training leaves out.

    Collates to what `Windows.padded` gives, and for each window the place of its text.
    """
    windows = reader.windows(examples.texts)
    kept = _first(windows, READ)
    left = int(windows.lengths.sum() - windows.lengths[np.concatenate(kept)].sum())
    if left:
        long = sum(len(k) == READ for k in kept)
        warnings.warn(
            f"training reads {READ * reader.length} tokens of a text: up to {long} texts are "
            f"longer, and {left:,} of {windows.lengths.sum():,} tokens are not trained on; "
            "answers read all",
            stacklevel=3,
        )

    def collate(rows: Rows) -> tuple[torch.Tensor, ...]:
        import torch

        some = np.concatenate([kept[row] for row in rows])
        owner = np.repeat(np.arange(len(rows)), [len(kept[row]) for row in rows])
        return tuple(torch.from_numpy(a) for a in (*windows.padded(some), owner))

    lengths = np.array([windows.lengths[k].sum() for k in kept], np.intp)
    return Lessons(collate, lengths, examples.gold, examples.clusters, left)


def _first(windows: Windows, most: int) -> list[Rows]:
    """The places of each text's first windows."""
    starts = np.flatnonzero(np.diff(windows.owner, prepend=-1))
    ends = np.append(starts[1:], len(windows.owner))
    return [np.arange(a, min(b, a + most)) for a, b in zip(starts, ends, strict=True)]
