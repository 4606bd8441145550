"""Opinion pools: several distributions combined into one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.cost import Floats
from ..core.errors import UnderdogError

Pool = Callable[[Floats, Floats], Floats]
"""Gives ``[..., labels]`` from distributions ``[members, ..., labels]`` and weights ``[members]``
(sum: 1).
"""

FLOOR = 1e-12
"""The smallest probability of a member: a single zero would otherwise veto a label."""


def geometric(p: Floats, weights: Floats) -> Floats:
    """The normalised geometric mean, ``[..., labels]``, of ``p`` ``[members, ..., labels]``.

    A logarithmic opinion pool (Genest & Zidek, Statistical Science 1986): a small probability
    counts for more than a large one. With weights of 1 each it is the product of experts of Hinton
    (Neural Computation 2002).
    """
    logs = np.tensordot(weights, np.log(np.maximum(p, FLOOR)), axes=1)
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    pooled: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return pooled


def arithmetic(p: Floats, weights: Floats) -> Floats:
    """The mean, ``[..., labels]``, of ``p`` ``[members, ..., labels]``.

    A linear opinion pool (Stone, Annals of Mathematical Statistics 1961).
    """
    pooled: Floats = np.tensordot(weights, p, axes=1)
    return pooled


def majority(p: Floats, weights: Floats) -> Floats:
    """The vote share of each label, ``[..., labels]``, from ``p`` ``[members, ..., labels]``.

    A member with several equally likely labels splits its vote.
    """
    best = (p == p.max(axis=-1, keepdims=True)).astype(np.float64)
    return arithmetic(best / best.sum(axis=-1, keepdims=True), weights)


POOLS: dict[str, Pool] = {"geometric": geometric, "arithmetic": arithmetic, "majority": majority}


def pool(name: str) -> Pool:
    """The pool called ``name``. Raises `UnderdogError` if there is none."""
    if name not in POOLS:
        raise UnderdogError(f"no pool is called {name!r}", f"one of: {', '.join(POOLS)}")
    return POOLS[name]
