"""Gradient-boosted trees: trained by scikit-learn, stored as arrays, evaluated by numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...runtime.registry import register
from ...runtime.schema import Array, Number

MAX_LEAVES = 7
PENALTY = 10.0
LEARNING_RATE = 0.05
"""Small trees and small steps: the more robust of two settings tried on tweets and on film
reviews.
"""

MAX_TREES = 3000
MAX_ROUNDS = 400
"""Largest numbers of trees and of boosting rounds; a round grows a tree per label, or one for two
labels.
"""

RATE_TIMES_ROUNDS = 8.0
"""Least product of learning rate and rounds: many labels allow few rounds, so steps are larger."""

PATIENCE = 10
"""Rounds without progress on held-out rows after which training stops early."""

BLOCK = 1024
"""Rows evaluated at once."""

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows ``[rows, features]``, NaN where missing, and label distributions ``gold`` ``[rows,
    labels]``.
    """

    rows: Floats
    gold: Floats

    def take(self, rows: NDArray[Any]) -> Sample:
        """The sample at ``rows``: a mask or indices."""
        return Sample(self.rows[rows], self.gold[rows])


@register(
    "boosted.trees",
    holds={
        "feature": Array("nodes", low=0),
        "threshold": Array("nodes", inf=True),
        "gap": Array("nodes"),
        "left": Array("nodes", low=0, below="feature"),
        "right": Array("nodes", low=0, below="feature"),
        "value": Array("nodes"),
        "roots": Array("rounds", "grown", low=0, below="feature"),
        "start": Array("labels_known", unseen=True),
        "grown": Array("trees", low=0, below="start"),
        "depth": Number(0, 1000),
        "cover": Array("nodes", low=0),
    },
)
@dataclass(frozen=True, eq=False)
class Trees:
    """Margins are ``start`` plus the values of the leaves that a row reaches.

    The nodes of all trees are concatenated. At a node a row goes ``left`` if its ``feature`` is at
    most ``threshold``, or if it is missing and ``gap`` is true, else ``right``. Both children of a
    leaf are the leaf itself, and ``value`` is its contribution. ``roots`` has the shape ``[rounds,
    grown]``; ``grown`` are the label indices that have trees. ``start`` has the shape ``[labels]``,
    minus infinity for a label without examples. ``depth`` is the depth of the deepest tree.
    ``cover`` is the number of training rows that reached each node; None in older models.
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
    cover: Floats | None = None

    @classmethod
    def of(cls, classifier: Any, labels: int) -> Trees:
        """The trees of a fitted ``HistGradientBoostingClassifier`` whose classes are label
        indices.
        """
        rounds = classifier._predictors
        present = classifier.classes_.astype(np.int32)
        start = np.full(labels, -np.inf)
        start[present] = 0.0
        grown = present if len(present) > 2 else present[1:]
        start[grown] = np.ravel(classifier._baseline_prediction)
        return cls.stacked(rounds, grown, start)

    @classmethod
    def stacked(cls, rounds: Sequence[Sequence[Any]], grown: Ints, start: Floats) -> Trees:
        """The trees of fitted predictors: in each round one for each output of ``grown``."""
        trees = [tree.nodes for each in rounds for tree in each]
        nodes, sizes = np.concatenate(trees), [len(tree) for tree in trees]
        roots = np.cumsum([0, *sizes[:-1]])
        leaf = nodes["is_leaf"].astype(bool)
        own_index, offsets = np.arange(len(nodes)), np.repeat(roots, sizes)
        return cls(
            nodes["feature_idx"].astype(np.int32),
            nodes["num_threshold"].astype(np.float64),
            nodes["missing_go_to_left"].astype(bool),
            np.where(leaf, own_index, offsets + nodes["left"]).astype(np.int32),
            np.where(leaf, own_index, offsets + nodes["right"]).astype(np.int32),
            nodes["value"].astype(np.float64),
            roots.reshape(len(rounds), len(grown)).astype(np.int32),
            grown,
            start,
            int(nodes["depth"].max()),
            nodes["count"].astype(np.float64),
        )

    def margins(self, rows: Floats) -> Floats:
        """Logits, shape ``[rows, labels]``, of ``rows`` ``[rows, features]``."""
        margins = np.tile(self.start, (len(rows), 1))
        for begin in range(0, len(rows), BLOCK):
            block = rows[begin : begin + BLOCK]
            row_index = np.arange(len(block))[:, None, None]
            node = np.broadcast_to(self.roots, (len(block), *self.roots.shape))
            for _ in range(self.depth):
                cell = block[row_index, self.feature[node]]
                goes_left = np.where(np.isnan(cell), self.gap[node], cell <= self.threshold[node])
                node = np.where(goes_left, self.left[node], self.right[node])
            margins[begin : begin + BLOCK, self.grown] += self.value[node].sum(axis=1)
        return margins


def grow(learn: Sample, seed: int, check: Sample | None = None, rounds: int = 0) -> Trees:
    """Train trees on ``learn`` (Friedman, Annals of Statistics 2001).

    Makes ``rounds`` boosting rounds or, given held-out rows ``check``, stops early when their log
    loss stops falling. A soft label is one weighted row per label. Raises `UnderdogError` if this
    version of scikit-learn stores trees in another way.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    present = int((learn.gold.sum(axis=0) > 0).sum())
    max_rounds = min(MAX_ROUNDS, MAX_TREES // (present if present > 2 else 1))
    validation = {}
    rows, label, weight = _expanded(learn)
    if check is not None:
        held_rows, held_labels, held_weights = _expanded(check)
        usable = np.isin(held_labels, label)
        validation = {
            "X_val": held_rows[usable],
            "y_val": held_labels[usable],
            "sample_weight_val": held_weights[usable],
        }
    classifier = HistGradientBoostingClassifier(
        learning_rate=max(LEARNING_RATE, RATE_TIMES_ROUNDS / max_rounds),
        max_leaf_nodes=MAX_LEAVES,
        l2_regularization=PENALTY,
        max_iter=rounds or max_rounds,
        early_stopping=check is not None,
        n_iter_no_change=PATIENCE,
        random_state=seed,
    )
    classifier.fit(rows, label, weight, **validation)
    trees = Trees.of(classifier, learn.gold.shape[1])
    _require_equal(trees, classifier, learn.rows[:BLOCK])
    return trees


def _expanded(sample: Sample) -> tuple[Floats, NDArray[np.intp], Floats]:
    """One row per label that a row may have, the label indices, and the weights."""
    at, label = np.nonzero(sample.gold > 0)
    return sample.rows[at], label, sample.gold[at, label]


def _require_equal(trees: Trees, classifier: Any, rows: Floats) -> None:
    """Refuse trees whose margins differ from those of scikit-learn, whose storage format may
    change.
    """
    ours = trees.margins(rows)[:, classifier.classes_]
    theirs = classifier.decision_function(rows)
    gap = (ours[:, 1] if theirs.ndim == 1 else ours) - theirs
    if not np.abs(gap).max() < 1e-6:
        raise UnderdogError(
            "this version of scikit-learn stores its trees in a way that is not supported",
            "install a version that works: pip install 'scikit-learn==1.9.1'",
        )
