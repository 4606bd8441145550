"""A matrix for the vectors of queries, learned from queries and the passages that answer them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.passages import Pairs
from ...data.ranking import best, folds, lower_bound, ndcg
from .vectors import Vectors

NEGATIVES = 20
"""Passages that are found wrongly and learned against, a query."""

STRENGTHS = (0.1, 0.3, 1.0, 3.0)
"""Regularisation strengths to choose from: how much it costs to differ from no change."""

FEWEST = 20
"""Queries below which nothing is learned: too few to see whether it helps."""


def learned(queries: Vectors, passages: Vectors, pairs: Pairs) -> Vectors | None:
    """The matrix, ``[width, width]``; None where it does not find more on queries held out.

    Ridge regression moves a query towards the mean of the passages that answer it and away from
    that of hard negatives: Rocchio's feedback, learned from other queries. The regularisation
    strength is chosen by nDCG@10 on held-out queries, and the matrix is used if its gain is above
    zero by a bootstrap interval.
    """
    answered = [i for i, rows in enumerate(pairs.rows) if rows]
    queries, pairs = queries[answered], pairs.at(answered)
    if len(pairs) < FEWEST:
        return None
    aims, part = _aims(queries, passages, pairs), folds(len(pairs))
    plain = _quality(queries, passages, pairs.rows)
    trials = []
    for strength in STRENGTHS:
        turned = np.empty_like(queries)
        for fold in range(part.max() + 1):
            rest, held = part != fold, part == fold
            turned[held] = queries[held] @ _ridge(queries[rest], aims[rest], strength)
        gained = _quality(turned, passages, pairs.rows) - plain
        trials.append((float(gained.mean()), strength, gained))
    _, strength, gained = max(trials, key=lambda trial: trial[0])
    return _ridge(queries, aims, strength) if lower_bound(gained.tolist()) > 0 else None


def _aims(queries: Vectors, passages: Vectors, pairs: Pairs) -> Vectors:
    """Where queries should move: to right passages, from wrong ones, ``[queries, width]``."""
    aims = np.empty_like(queries)
    for i, right in enumerate(pairs.rows):
        found = best(passages @ queries[i], NEGATIVES + len(right)).tolist()
        wrong = [row for row in found if row not in set(right)][:NEGATIVES]
        aims[i] = passages[list(right)].mean(axis=0)
        if wrong:
            aims[i] -= passages[wrong].mean(axis=0)
    return aims


def _ridge(queries: Vectors, aims: Vectors, strength: float) -> Vectors:
    """No change, and the ridge regression of ``aims`` on ``queries``: ``[width, width]``."""
    kept = np.eye(queries.shape[1])
    asked = queries.astype(np.float64)
    moved = np.linalg.solve(asked.T @ asked + strength * kept, asked.T @ aims)
    return np.asarray(kept + moved, np.float32)


def _quality(queries: Vectors, passages: Vectors, rows: Sequence[Sequence[int]]) -> np.ndarray:
    """nDCG@10 of each query, ``[queries]``."""
    found = [best(passages @ query, 10).tolist() for query in queries]
    return np.array([ndcg(one, right) for one, right in zip(found, rows, strict=True)])
