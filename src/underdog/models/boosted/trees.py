"""Gradient-boosted trees: grown by scikit-learn, kept as arrays, answered by numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...runtime.registry import register

LEAVES = 7
PENALTY = 10.0
RATE = 0.05
"""Small trees and small steps: of two settings tried on tweets and on films the surer one."""

TREES = 3000
MOST = 400
"""Trees, and rounds of growing, at most. A round grows a tree for each label, or one for two."""

REACH = 8.0
"""Rate times rounds at least: where many labels allow few rounds, steps are larger."""

PATIENCE = 10
"""Rounds without progress on held-out rows after which no more are grown."""

BLOCK = 1024
"""Rows that are answered at once."""

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows ``[rows, features]``, a gap being NaN, and their labels as shares ``[rows, labels]``."""

    rows: Floats
    gold: Floats

    def take(self, rows: NDArray[Any]) -> Sample:
        """The sample at ``rows``: a mask, or places."""
        return Sample(self.rows[rows], self.gold[rows])


@register("boosted.trees")
@dataclass(frozen=True, eq=False)
class Trees:
    """Margins are ``start`` plus the values of the leaves that a row falls into.

    Nodes of all trees stand one after the other: at a node a row goes ``left`` if its ``feature``
    is at most ``threshold``, or is missing and ``gap`` says so, else ``right``; both of a leaf
    lead to itself, and ``value`` is what it adds. ``roots`` has the shape ``[rounds, grown]``;
    ``grown`` are the labels that trees were grown for. ``start`` has the shape ``[labels]``,
    minus infinity for a label that was never seen.
    """

    feature: Ints
    threshold: Floats
    gap: NDArray[np.bool_]
    left: Ints
    right: Ints
    value: Floats
    roots: Ints
    grown: Ints
    start: Floats
    depth: int

    @classmethod
    def of(cls, machine: Any, labels: int) -> Trees:
        """The trees of a fitted ``HistGradientBoostingClassifier`` whose classes are places."""
        rounds = machine._predictors
        seen = machine.classes_.astype(np.int32)
        sizes = [len(tree.nodes) for trees in rounds for tree in trees]
        roots = np.cumsum([0, *sizes[:-1]])
        nodes = np.concatenate([tree.nodes for trees in rounds for tree in trees])
        leaf = nodes["is_leaf"].astype(bool)
        here, base = np.arange(len(nodes)), np.repeat(roots, sizes)
        start = np.full(labels, -np.inf)
        start[seen] = 0.0
        grown = seen if len(seen) > 2 else seen[1:]
        start[grown] = np.ravel(machine._baseline_prediction)
        return cls(
            nodes["feature_idx"].astype(np.int32),
            nodes["num_threshold"].astype(np.float64),
            nodes["missing_go_to_left"].astype(bool),
            np.where(leaf, here, base + nodes["left"]).astype(np.int32),
            np.where(leaf, here, base + nodes["right"]).astype(np.int32),
            nodes["value"].astype(np.float64),
            roots.reshape(len(rounds), len(grown)).astype(np.int32),
            grown,
            start,
            int(nodes["depth"].max()),
        )

    def margins(self, rows: Floats) -> Floats:
        """Logarithms of probabilities but for a constant, shape ``[rows, labels]``."""
        said = np.tile(self.start, (len(rows), 1))
        for begin in range(0, len(rows), BLOCK):
            some = rows[begin : begin + BLOCK]
            row = np.arange(len(some))[:, None, None]
            at = np.broadcast_to(self.roots, (len(some), *self.roots.shape))
            for _ in range(self.depth):
                cell = some[row, self.feature[at]]
                goes = np.where(np.isnan(cell), self.gap[at], cell <= self.threshold[at])
                at = np.where(goes, self.left[at], self.right[at])
            said[begin : begin + BLOCK, self.grown] += self.value[at].sum(axis=1)
        return said


def grow(learn: Sample, seed: int, check: Sample | None = None, rounds: int = 0) -> Trees:
    """Trees that tell the labels of ``learn`` apart (Friedman, Annals of Statistics 2001).

    As many ``rounds`` as are told, or, given rows to ``check``, as many as make those less
    surprising. A soft label weighs its row for each label.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    seen = int((learn.gold.sum(axis=0) > 0).sum())
    most = min(MOST, TREES // (seen if seen > 2 else 1))
    more = {}
    rows, label, weight = _expanded(learn)
    if check is not None:
        held, said, share = _expanded(check)
        known = np.isin(said, label)
        more = {"X_val": held[known], "y_val": said[known], "sample_weight_val": share[known]}
    machine = HistGradientBoostingClassifier(
        learning_rate=max(RATE, REACH / most),
        max_leaf_nodes=LEAVES,
        l2_regularization=PENALTY,
        max_iter=rounds or most,
        early_stopping=check is not None,
        n_iter_no_change=PATIENCE,
        random_state=seed,
    )
    machine.fit(rows, label, weight, **more)
    trees = Trees.of(machine, learn.gold.shape[1])
    _compared(trees, machine, learn.rows[:BLOCK])
    return trees


def _expanded(sample: Sample) -> tuple[Floats, NDArray[np.intp], Floats]:
    """A row for each label that a row may have, the label, and its weight."""
    at, label = np.nonzero(sample.gold > 0)
    return sample.rows[at], label, sample.gold[at, label]


def _compared(trees: Trees, machine: Any, rows: Floats) -> None:
    """Refuse trees that do not say what the library says: it may keep them differently one day."""
    ours = trees.margins(rows)[:, machine.classes_]
    theirs = machine.decision_function(rows)
    gap = (ours[:, 1] if theirs.ndim == 1 else ours) - theirs
    if not np.abs(gap).max() < 1e-6:
        raise UnderdogError(
            "this version of scikit-learn keeps its trees in a way that is not read here",
            "install one that is known to work: pip install 'scikit-learn==1.9.1'",
        )
