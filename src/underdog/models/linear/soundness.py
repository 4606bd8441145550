"""Checks of scikit-learn objects from a file: indices and lengths that its native code trusts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix, issparse


def check_sound(estimator: Any, width: int) -> None:
    """Refuse an estimator whose trees, sparse matrices or support vectors do not hold together.

    It will be asked about rows of ``width`` features. Raises `ValueError`. Native code follows
    these indices without looking, so that wrong ones end the process.
    """
    _require(getattr(estimator, "n_features_in_", width) == width, "features of a classifier")
    for thing in _parts(estimator):
        kind = type(thing).__name__
        if isinstance(thing, csr_array | csr_matrix):
            thing.check_format(full_check=True)
        elif kind == "Tree":
            _check_tree(thing)
        elif hasattr(thing, "tree_"):
            _require(thing.tree_.n_features == thing.n_features_in_ <= width, "features of a tree")
        elif kind == "GradientBoostingClassifier":
            _check_boosted(thing)
        elif hasattr(thing, "_n_support") and hasattr(thing, "support_vectors_"):
            _check_machine(thing)


def _parts(root: Any) -> Iterator[Any]:
    """Everything that ``root`` holds, each once."""
    left, seen = [root], set[int]()
    while left:
        thing = left.pop()
        if id(thing) in seen or isinstance(thing, str | bytes | int | float | None | type):
            continue
        seen.add(id(thing))
        yield thing
        if isinstance(thing, dict):
            left += thing.values()
        elif isinstance(thing, list | tuple | set):
            left += thing
        elif isinstance(thing, np.ndarray):
            left += thing.ravel().tolist() if thing.dtype == object else []
        else:
            left += getattr(thing, "__dict__", {}).values()


def _check_tree(tree: Any) -> None:
    state = tree.__getstate__()
    nodes = state["nodes"]
    _require(len(nodes) == state["node_count"] > 0, "nodes of a tree")
    _require(len(state["values"]) == len(nodes), "values of a tree")
    leaf = nodes["left_child"] == -1
    _check_nodes(nodes, "left_child", "right_child", "feature", leaf)
    _require((nodes["feature"][~leaf] < tree.n_features).all(), "features of a tree")


def _check_boosted(boosted: Any) -> None:
    """As many trees in each round as there are columns that they add to."""
    classes = int(boosted.n_classes_)
    trees = 1 if classes == 2 else classes
    _require(boosted.estimators_.ndim == 2, "trees of a round")
    _require(boosted.estimators_.shape[1] == boosted.n_trees_per_iteration_ == trees, "trees")
    start = boosted.init_
    shares = getattr(start, "class_prior_", getattr(start, "classes_", None))
    _require(start == "zero" or (shares is not None and len(shares) == classes), "start of a model")


def _check_nodes(nodes: Any, left: str, right: str, feature: str, leaf: Any) -> None:
    """A child stands behind its parent, so that a walk ends."""
    here = np.arange(len(nodes))[~leaf]
    for side in (left, right):
        child = nodes[side][~leaf].astype(np.int64)
        _require(bool(((child > here) & (child < len(nodes))).all()), "children of a tree")
    _require(bool((nodes[feature][~leaf].astype(np.int64) >= 0).all()), "features of a tree")
    _require(len(nodes) > 0, "nodes of a tree")


def _check_machine(machine: Any) -> None:
    """A support vector machine as libsvm takes it apart."""
    vectors: Any = machine.support_vectors_
    counts = np.asarray(machine._n_support)
    classes, total = len(machine.classes_), int(counts.sum())
    pairs = classes * (classes - 1) // 2
    _require(len(counts) == classes and (counts >= 0).all(), "counts of support vectors")
    _require(vectors.shape == (total, machine.n_features_in_), "support vectors")
    _require(len(machine.support_) == total, "places of support vectors")
    for name in ("dual_coef_", "_dual_coef_"):
        _require(getattr(machine, name).shape == (classes - 1, total), "dual coefficients")
    for name in ("intercept_", "_intercept_"):
        _require(np.asarray(getattr(machine, name)).shape == (pairs,), "intercepts")
    for name in ("_probA", "_probB"):
        _require(len(getattr(machine, name)) in (0, pairs), "parameters of probabilities")
    supported = machine.kernel in ("linear", "poly", "rbf", "sigmoid")
    _require(supported and issparse(vectors) == bool(machine._sparse), "kernel")
    numbers = getattr(vectors, "data", vectors) if machine._sparse else vectors
    _require(numbers.dtype == np.float64 and np.isfinite(numbers).all(), "support vectors")


def _require(sound: Any, what: str) -> None:
    if not sound:
        raise ValueError(f"the {what} do not hold together")
