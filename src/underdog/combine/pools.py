"""Many distributions, one: the opinion pools, for classifiers and language models alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.cost import Floats
from ..core.errors import UnderdogError

Pool = Callable[[Floats, Floats], Floats]
"""``[..., labels]``, from ``[members, ..., labels]`` and the members' weights (sum: 1)."""

FLOOR = 1e-12
"""The least probability a member can give: one zero would otherwise silence all the others."""


def geometric(p: Floats, weights: Floats) -> Floats:
    """The normalised geometric mean: a confident "no" counts for more than a confident "yes".

    A logarithmic opinion pool (Genest & Zidek, Statistical Science 1986); the product of experts
    of Hinton (Neural Computation 2002) when the weights are 1 each instead.
    """
    logs = np.tensordot(weights, np.log(np.maximum(p, FLOOR)), axes=1)
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    pooled: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return pooled


def arithmetic(p: Floats, weights: Floats) -> Floats:
    """The mean: a linear opinion pool (Stone, Annals of Mathematical Statistics 1961)."""
    pooled: Floats = np.tensordot(weights, p, axes=1)
    return pooled


def majority(p: Floats, weights: Floats) -> Floats:
    """Each label's share of the votes; a member that prefers several labels divides its vote."""
    best = (p == p.max(axis=-1, keepdims=True)).astype(np.float64)
    return arithmetic(best / best.sum(axis=-1, keepdims=True), weights)


POOLS: dict[str, Pool] = {"geometric": geometric, "arithmetic": arithmetic, "majority": majority}


def pool(name: str) -> Pool:
    """The pool called ``name``."""
    if name not in POOLS:
        raise UnderdogError(f"no pool is called {name!r}", f"one of: {', '.join(POOLS)}")
    return POOLS[name]
