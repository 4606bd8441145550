"""Training batches of neural networks: tensors, a validation split, batches by length."""

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
"""Makes the padded tensors that a network takes, ``[rows, ...]``, from the examples at some
rows.
"""

TRAINED_WINDOWS = 4
"""Windows of a text that are used in training. An answer uses all of them."""

TOKENS_AT_ONCE = 4096
"""Tokens in one forward and backward pass of a transformer.

Eight times as many need 12 GB for an encoder of 22 million parameters and batches of long texts.
"""

SORTED_BATCHES = 50
"""Batches that are drawn together and sorted by length, so that there is little padding."""


@dataclass(frozen=True, eq=False)
class TrainingBatches:
    """Training examples in the form that a network takes.

    ``gold`` has the shape ``[examples, labels]``, one distribution per example. ``lengths``,
    ``[examples]``, is the length of each example in tokens. ``clusters`` names the examples that
    stay together, as in `Examples`; ``unread`` is the number of tokens that are not trained on.
    """

    collate: Collate
    lengths: NDArray[np.intp]
    gold: Floats
    clusters: tuple[str, ...]
    unread: int = 0

    def split(self, seed: int) -> tuple[Rows, Rows]:
        """Rows ``[train]`` to learn from and rows ``[validation]`` for early stopping, drawn by
        ``seed``.

        A tenth of the examples is held out, up to a fifth of a small data set, and none if fewer
        than `FEW` would be. The only example of a label is always in the training rows.
        """
        n = len(self.gold)
        share = min(0.2, max(0.1, 200 / n), 2000 / n)
        _, cluster = np.unique(np.array(self.clusters, dtype=object), return_inverse=True)
        validation = np.random.default_rng(seed).random(cluster.max() + 1)[cluster] < share
        labels = self.gold.argmax(axis=1)
        only_held_out = ~np.isin(labels, labels[~validation])
        validation &= ~np.isin(cluster, cluster[only_held_out])
        if validation.sum() < FEW:
            validation[:] = False
        return np.flatnonzero(~validation), np.flatnonzero(validation)

    def epoch_batches(self, learn: Rows, size: int, seed: tuple[int, ...]) -> list[Rows]:
        """The rows ``learn`` in batches of similar length ``[batch]``, in an order drawn by
        ``seed``.
        """
        rng = np.random.default_rng(seed)
        order = rng.permutation(learn)
        batches: list[Rows] = []
        for start in range(0, len(order), SORTED_BATCHES * size):
            pool = order[start : start + SORTED_BATCHES * size]
            pool = pool[np.argsort(self.lengths[pool], kind="stable")]
            batches += [pool[i : i + size] for i in range(0, len(pool), size)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def class_weights(self, learn: Rows) -> Floats:
        """A weight for each label, ``[labels]``, by which all labels in the rows ``learn`` count
        the same.
        """
        mass = self.gold[learn].sum(axis=0)
        even = mass.sum() / max(1, (mass > 0).sum())
        return np.where(mass > 0, even / np.maximum(mass, 1e-9), 0.0)


def windowed_batches(examples: Examples, reader: WindowReader) -> TrainingBatches:
    """The examples as token windows; warns if some are too long to be used whole.

    The collated tensors are the fields of `PaddedWindows`, ``[windows, tokens]``, and the index of
    each window's text, ``[windows]``. Raises `UnderdogError` if single texts and pairs are mixed.
    """
    windows = reader.windows(examples.texts)
    kept = _first_windows(windows, TRAINED_WINDOWS)
    unread = int(windows.lengths.sum() - windows.lengths[np.concatenate(kept)].sum())
    if unread:
        long_texts = sum(len(k) == TRAINED_WINDOWS for k in kept)
        warnings.warn(
            f"training reads {TRAINED_WINDOWS * reader.length} tokens of a text: "
            f"up to {long_texts} texts are longer, and {unread:,} of "
            f"{windows.lengths.sum():,} tokens are not trained on; answers read all of them",
            stacklevel=3,
        )

    def collate(rows: Rows) -> tuple[torch.Tensor, ...]:
        import torch

        chosen = np.concatenate([kept[row] for row in rows])
        owner = np.repeat(np.arange(len(rows)), [len(kept[row]) for row in rows])
        return tuple(torch.from_numpy(a) for a in (*windows.padded(chosen), owner))

    lengths = np.array([windows.lengths[k].sum() for k in kept], np.intp)
    return TrainingBatches(collate, lengths, examples.gold, examples.clusters, unread)


def _first_windows(windows: Windows, most: int) -> list[Rows]:
    """The rows of the first windows of each text, at most ``most`` of them."""
    starts = np.flatnonzero(np.diff(windows.owner, prepend=-1))
    ends = np.append(starts[1:], len(windows.owner))
    return [np.arange(a, min(b, a + most)) for a, b in zip(starts, ends, strict=True)]
