"""Bootstrap weights: how often each text is drawn, in blocks that fit in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.cost import Floats

_CELLS, _NARROWEST = 4_000_000, 16
"""Weights held at once: 32 MB; and the resamples of a block of very many texts, where each block
costs a sort of them all."""


def places(names: Sequence[str]) -> NDArray[np.intp]:
    """A number for each name, equal for equal names: 0, 1, 2 ... in order of appearance."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(name, len(first)) for name in names], dtype=np.intp)


def bootstrap(
    texts: int, clusters: Sequence[str] | None, resamples: int, seed: int
) -> Iterator[Floats]:
    """Blocks of weights, shape ``[texts, resamples of the block]``; together ``resamples``.

    Clusters are drawn with replacement, as many as there are, and each brings all of its texts
    (Davison & Hinkley, Bootstrap Methods 1997, section 3.8); without clusters every text is its
    own. The same seed gives the same weights.
    """
    of = np.arange(texts) if clusters is None else places(clusters)
    count = int(of.max()) + 1
    rng = np.random.default_rng(seed)
    block = min(resamples, max(_NARROWEST, _CELLS // texts))
    for start in range(0, resamples, block):
        width = min(block, resamples - start)
        drawn = rng.integers(0, count, size=(count, width))
        cells = (drawn * width + np.arange(width)).ravel()
        weights = np.bincount(cells, minlength=count * width).reshape(count, width)
        yield (weights if clusters is None else weights[of]).astype(np.float64)


def group_sums(group: NDArray[np.intp], groups: int, values: Floats, weights: Floats) -> Floats:
    """Weighted sums of ``values`` ``[texts]`` by group, shape ``[groups, resamples]``.

    ``weights`` has the shape ``[texts, resamples]``; a text of group -1 belongs nowhere. One
    sparse product: its work is texts times resamples, however many groups there are.
    """
    from scipy.sparse import csr_array

    rows = np.flatnonzero(group >= 0)
    shape = (groups, len(group))
    members = csr_array((values[rows], (group[rows], rows)), shape=shape)
    return np.asarray(members @ weights, dtype=np.float64)
