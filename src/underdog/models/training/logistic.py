"""Logistic regression on rows of features: its weights, and its cost by held-out examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.cost import Floats
from .examples import Examples, fit_temperature

Rows = Any
"""A matrix, ``[examples, features]``, dense or sparse."""

MANY_SOFT = 2
"""Labels of an example, on average, from which soft labels are learned in one pass for all."""

ENOUGH_HELD_OUT = 1_000
"""Examples that are enough to choose among so few: a fit is a second for six thousand texts."""


def choose_strength(
    rows: Rows, examples: Examples, c_values: Sequence[float], seed: int
) -> tuple[float, float]:
    """The ``C`` with the smallest log loss on held-out examples, and its inverse temperature.

    ``rows`` has the shape ``[examples, features]``. A third ``C`` lies on the other side of the
    first than the second one does, and is tried only if that is worse.
    """
    folds = list(examples.held_out(seed))
    if not folds:
        return c_values[0], 1.0
    if folds[0][1].sum() >= ENOUGH_HELD_OUT:
        folds = folds[:1]
    truth = np.concatenate([examples.gold[check] for _, check in folds])
    trials: list[tuple[float, float, float]] = []
    for c_value in c_values:
        if len(trials) == 2 and trials[1] < trials[0]:
            break  # the loss has one minimum
        heads = [fit_head(rows[learn], examples.gold[learn], c_value) for learn, _ in folds]
        margins = [rows[c] @ w + b for (w, b), (_, c) in zip(heads, folds, strict=True)]
        loss, factor = fit_temperature(np.concatenate(margins), truth)
        trials.append((loss, c_value, factor))
    _, c_value, factor = min(trials, key=lambda trial: trial[0])
    return c_value, factor


def fit_head(rows: Rows, gold: Floats, c_value: float) -> tuple[Floats, Floats]:
    """Logistic regression: weights ``[features, labels]`` and biases ``[labels]``.

    ``c_value`` is the inverse regularisation strength ``C``, a number without a unit.
    """
    from sklearn.linear_model import LogisticRegression

    rows_of, labels = np.nonzero(gold > 0)
    seen = np.unique(labels)
    weights, bias = np.zeros((rows.shape[1], gold.shape[1])), np.full(gold.shape[1], -np.inf)
    if len(seen) == 1:
        bias[seen] = 0.0
        return weights, bias
    if len(rows_of) > MANY_SOFT * len(gold):
        weights[:, seen], bias[seen] = _fit_soft(rows, gold[:, seen], c_value)
        return weights, bias
    classifier = LogisticRegression(C=c_value, max_iter=1000).fit(
        rows[rows_of], labels, gold[rows_of, labels]
    )
    if len(seen) == 2:  # one margin for both: half of it for one, half against the other
        weights[:, seen], bias[seen] = (
            classifier.coef_.T * [-0.5, 0.5],
            classifier.intercept_ * [-0.5, 0.5],
        )
    else:
        weights[:, seen], bias[seen] = classifier.coef_.T, classifier.intercept_
    return weights, bias


def _fit_soft(rows: Rows, gold: Floats, c_value: float) -> tuple[Floats, Floats]:
    """The same for soft labels, ``[examples, labels]``, in one pass over the rows for all of them.

    scikit-learn takes hard labels only: a row for each label of each example, which is ``labels``
    times the work. The smallest loss is at the same place.
    """
    from scipy.optimize import minimize

    width, n = rows.shape[1], gold.shape[1]
    total = gold.sum()
    shares, mass = gold / total, gold.sum(axis=1, keepdims=True) / total
    penalty = 1.0 / (c_value * total)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[: width * n].reshape(width, n), flat[width * n :]
        scores = np.asarray(rows @ weights.astype(rows.dtype), np.float64) + bias
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores)
        sums = probs.sum(axis=1, keepdims=True)
        value = (mass * np.log(sums)).sum() - (shares * scores).sum()
        errors = probs * (mass / sums) - shares
        slope = np.asarray(rows.T @ errors.astype(rows.dtype), np.float64) + penalty * weights
        slope = np.append(slope.ravel(), errors.sum(axis=0))
        return float(value + 0.5 * penalty * (weights * weights).sum()), slope

    options: Any = {"maxiter": 1000, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps}
    start = np.zeros((width + 1) * n)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    return best[: width * n].reshape(width, n), best[width * n :]
