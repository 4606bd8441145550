"""A matrix for the vectors of queries, learned from queries and the passages that answer them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.passages import Pairs
from ...data.ranking import best, folds, lower_bound, ndcg
from .vectors import Vectors

TEMPERATURE = 0.05
"""Divides the similarities, as for sentence encoders (Gao et al., SimCSE, 2021)."""

NEGATIVES = 50
"""Passages that are found wrongly and learned against, a query."""

STRENGTHS = (0.1, 0.3, 1.0)
"""Regularisation strengths to choose from: how much it costs to differ from no change."""

ITERATIONS = 40
FEWEST = 20
"""Queries below which nothing is learned: too few to see whether it helps."""


def learned(queries: Vectors, passages: Vectors, pairs: Pairs) -> Vectors | None:
    """The matrix, ``[width, width]``; None where it does not find more on queries held out.

    The relevant passages are told from hard negatives by the softmax of their similarities (van
    den Oord et al., 2018). The regularisation strength is chosen by nDCG on held-out queries, and
    the matrix is used if its gain is above zero by a bootstrap interval.
    """
    if len(pairs) < FEWEST:
        return None
    part = folds(len(pairs))
    plain = _quality(queries, passages, pairs, range(len(pairs)))
    trials = []
    for strength in STRENGTHS:
        gained = np.zeros(len(pairs))
        for fold in range(part.max() + 1):
            rest, held = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
            turn = _fitted(queries[rest], passages, pairs.at(rest.tolist()), strength)
            gained[held] = _quality(queries @ turn, passages, pairs, held.tolist()) - plain[held]
        trials.append((float(gained.mean()), strength, gained))
    _, strength, gained = max(trials, key=lambda trial: trial[0])
    if lower_bound(gained.tolist()) <= 0:
        return None
    return _fitted(queries, passages, pairs, strength)


def _quality(
    queries: Vectors, passages: Vectors, pairs: Pairs, rows: Sequence[int] | range
) -> np.ndarray:
    """nDCG@10 of each query at ``rows``, ``[rows]``."""
    found = [best(queries[i] @ passages.T, 10).tolist() for i in rows]
    return np.array([ndcg(f, pairs.rows[i]) for f, i in zip(found, rows, strict=True)])


def _fitted(queries: Vectors, passages: Vectors, pairs: Pairs, strength: float) -> Vectors:
    """The matrix with the smallest loss on all ``pairs``, ``[width, width]``."""
    from scipy.optimize import minimize

    width = queries.shape[1]
    some = [i for i, rows in enumerate(pairs.rows) if rows]
    sets = [_candidates(queries[i], passages, pairs.rows[i]) for i in some]
    asked = queries[some].astype(np.float64)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        turn = flat.reshape(width, width)
        turned, total = asked @ turn, 0.0
        pulls = np.zeros_like(turned)
        for row, (vectors, right) in enumerate(sets):
            scores = vectors @ turned[row] / TEMPERATURE
            wrong = np.exp(scores[right:] - scores.max()).sum()
            good = np.exp(scores[:right] - scores.max())
            share = good / (good + wrong)
            total -= float(np.log(np.maximum(share, 1e-300)).mean())
            blame = np.exp(scores[right:] - scores.max()) * float((1 / (good + wrong)).mean())
            slope = np.concatenate([(share - 1) / right, blame])
            pulls[row] = slope @ vectors / TEMPERATURE
        away = turn - np.eye(width)
        value = total / len(sets) + strength * float((away**2).sum())
        slopes = asked.T @ pulls / len(sets) + 2 * strength * away
        return value, slopes.ravel()

    start = np.eye(width).ravel()
    done = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS})
    turn: Vectors = done.x.reshape(width, width).astype(np.float32)
    return turn


def _candidates(query: Vectors, passages: Vectors, right: Sequence[int]) -> tuple[np.ndarray, int]:
    """Vectors of the relevant passages and, after them, of others; how many are relevant."""
    found = best(query @ passages.T, NEGATIVES + len(right)).tolist()
    wrong = [row for row in found if row not in set(right)][:NEGATIVES]
    return passages[[*right, *wrong]].astype(np.float64), len(right)
