"""Exact Shapley values of trees: what each feature of a row adds to the margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from .trees import Trees


@dataclass(frozen=True, eq=False)
class _Leaves:
    """Every leaf with the conditions on the way to it, one for each feature.

    All but ``value`` and ``label``, ``[leaves]``, have the shape ``[leaves, conditions]``. A row
    meets a condition if its ``feature`` is above ``low`` and at most ``high``, or missing where
    ``missing`` is true; ``share`` is the share of the training rows that did. What is left free is
    a condition on feature 0 that every row meets.
    """

    value: Floats
    label: NDArray[np.intp]
    feature: NDArray[np.intp]
    low: Floats
    high: Floats
    missing: NDArray[np.bool_]
    share: Floats


Condition = tuple[float, float, bool, float]


def tree_shapley(trees: Trees, row: Floats) -> tuple[Floats, Floats]:
    """The contributions of the features of a ``row``, ``[features, labels]``, and the base.

    A feature that is not known counts by the shares of the training rows that took each branch
    (Lundberg et al., Nature Machine Intelligence 2020, path-dependent). The base, ``[labels]``, is
    the margin where nothing is known; base and contributions add up to the margins. Each leaf is a
    product of conditions, for which Shapley values have a closed form.
    """
    leaves = _leaves(trees)
    cells = row[leaves.feature]
    inside = (cells > leaves.low) & (cells <= leaves.high)
    met = np.where(np.isnan(cells), leaves.missing, inside).astype(np.float64)
    width = met.shape[1]
    contributions = np.zeros((len(row), len(trees.start)))
    for j in range(width):
        others = [i for i in range(width) if i != j]
        powers = _product(met[:, others], leaves.share[:, others])
        weights = [factorial(s) * factorial(width - s - 1) / factorial(width) for s in range(width)]
        terms = leaves.value * (met[:, j] - leaves.share[:, j]) * (powers @ np.array(weights))
        np.add.at(contributions, (leaves.feature[:, j], leaves.label), terms)
    base = trees.start.copy()
    np.add.at(base, leaves.label, leaves.value * leaves.share.prod(axis=1))
    return contributions, base


def _product(met: Floats, share: Floats) -> Floats:
    """The coefficients of the product of ``share + met * t``, ``[leaves, powers of t]``."""
    powers = np.zeros((len(met), met.shape[1] + 1))
    powers[:, 0] = 1.0
    for i in range(met.shape[1]):
        higher = powers[:, :-1] * met[:, i, None]
        powers *= share[:, i, None]
        powers[:, 1:] += higher
    return powers


def _leaves(trees: Trees) -> _Leaves:
    """The leaves of all trees; kept with the trees, which never change."""
    kept: _Leaves | None = trees.__dict__.get("_leaves")
    if kept is None:
        kept = _gathered(trees)
        trees.__dict__["_leaves"] = kept
    return kept


def _gathered(trees: Trees) -> _Leaves:
    rows: list[tuple[float, int, dict[int, Condition]]] = []
    parts = (trees.feature, trees.threshold, trees.gap, trees.left, trees.right, trees.value)
    arrays = [part.tolist() for part in (*parts, trees.cover)]  # type: ignore[union-attr]
    for roots in trees.roots.tolist():
        for root, label in zip(roots, trees.grown.tolist(), strict=True):
            rows += [(value, label, path) for value, path in _walk(arrays, root)]
    width = max((len(path) for _, _, path in rows), default=1) or 1
    free: Condition = (-inf, inf, True, 1.0)
    padded: list[Sequence[tuple[int, Condition]]] = [
        [*path.items(), *[(0, free)] * (width - len(path))] for _, _, path in rows
    ]

    def column(read: Any, kind: Any) -> Any:
        return np.array([[read(one) for one in row] for row in padded], kind).reshape(-1, width)

    return _Leaves(
        np.array([value for value, _, _ in rows]),
        np.array([label for _, label, _ in rows], np.intp),
        column(lambda one: one[0], np.intp),
        column(lambda one: one[1][0], float),
        column(lambda one: one[1][1], float),
        column(lambda one: one[1][2], bool),
        column(lambda one: one[1][3], float),
    )


def _walk(arrays: list[Any], root: int) -> list[tuple[float, dict[int, Condition]]]:
    """The value of each leaf below ``root``, and the conditions on the way to it by feature."""
    features, thresholds, gaps, lefts, rights, values, covers = arrays
    leaves: list[tuple[float, dict[int, Condition]]] = []
    waiting: list[tuple[int, dict[int, Condition]]] = [(root, {})]
    while waiting:
        node, path = waiting.pop()
        if lefts[node] == node:
            leaves.append((values[node], path))
            continue
        feature, at = features[node], thresholds[node]
        low, high, missing, share = path.get(feature, (-inf, inf, True, 1.0))
        for child, is_left in ((lefts[node], True), (rights[node], False)):
            part = covers[child] / covers[node] if covers[node] else 0.5
            ends = (low, min(high, at)) if is_left else (max(low, at), high)
            condition = (*ends, missing and gaps[node] == is_left, share * part)
            waiting.append((child, {**path, feature: condition}))
    return leaves
