"""Linear models of sets of labels, one against the rest, and of numbers: ridge regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.cost import Floats
from ..training.examples import Examples, Mask
from ..training.heads import Head, fit_set_head

LEARNED = ("label", "labels", "number")
"""The kinds of tasks that a model with a head learns."""

PENALTIES = (0.1, 0.3, 1.0, 3.0)
"""Penalties of ridge regression that are tried, on rows of about unit length."""

DUAL = 4_000
"""Examples up to which one matrix of inner products serves all labels, folds and penalties."""


class GradedFit(NamedTuple):
    """Weights ``[features, outputs]``, biases ``[outputs]`` and the head of a linear model.

    ``held_out`` are the scores of each example by a fit that had not seen it, ``[examples,
    outputs]``; NaN where there is none.
    """

    weights: Floats
    bias: Floats
    head: Head
    held_out: Floats


def fit_graded(
    rows: Any, examples: Examples, seed: int, penalties: Sequence[float] = PENALTIES
) -> GradedFit:
    """A linear model of sets or numbers.

    ``rows`` are ``[examples, features]``. Regularised least squares, for each label against the
    rest (Rifkin & Klautau, JMLR 2004): many labels cost hardly more than one. Held-out rows choose
    the penalty, by log loss or squared error, and the thresholds of labels; the second output of
    numbers, their expected error, learns from the held-out errors.
    """
    solver = _Dual(rows) if rows.shape[0] <= DUAL else _Primal(rows)
    folds = [*examples.held_out(seed)]
    held = np.concatenate([np.flatnonzero(check) for _, check in folds])
    gold = examples.gold[held]
    trials: list[tuple[float, float, Floats, Head]] = []
    for penalty in penalties:
        parts = [solver.held_out(*fold, examples.gold, penalty) for fold in folds]
        scores = np.concatenate([np.zeros((0, examples.gold.shape[1])), *parts])
        if examples.numbers is None:
            head, loss = fit_set_head(scores, gold)
            trials.append((loss, penalty, scores, head))
        else:
            squared = float(((scores[:, 0] - gold[:, 0]) ** 2).mean()) if len(gold) else 0.0
            trials.append((squared, penalty, scores, examples.numbers))
    _, penalty, scores, best = min(trials, key=lambda trial: trial[0])
    target = examples.gold.copy()
    if examples.numbers is not None:
        errors = np.abs(scores[:, 0] - gold[:, 0])
        target[:, 1] = errors.mean() if len(errors) else 1.0
        target[held, 1] = errors
    fair = np.full(examples.gold.shape, np.nan)
    fair[held] = scores
    if examples.numbers is not None:
        fair[held, 1] = target[held, 1].mean() if len(held) else 1.0
    return GradedFit(*solver.weights(target, penalty), best, fair)


class _Dual:
    """Ridge regression by inner products of examples: one matrix for every fit on ``rows``."""

    def __init__(self, rows: Any) -> None:
        product = rows @ rows.T
        self.rows = rows
        self.inner = np.asarray(getattr(product, "toarray", lambda: product)(), np.float64) + 1.0

    def held_out(self, learn: Mask, check: Mask, gold: Floats, penalty: float) -> Floats:
        """Scores ``[held out, outputs]`` of the rows ``check`` by a fit on the rows ``learn``."""
        alpha, mean = self._solve(self.inner[np.ix_(learn, learn)], gold[learn], penalty)
        return np.asarray(self.inner[np.ix_(check, learn)] @ alpha + mean, np.float64)

    def weights(self, gold: Floats, penalty: float) -> tuple[Floats, Floats]:
        """Weights ``[features, outputs]`` and biases ``[outputs]`` of a fit on all rows."""
        alpha, mean = self._solve(self.inner, gold, penalty)
        return np.asarray(self.rows.T @ alpha, np.float64), mean + alpha.sum(axis=0)

    def _solve(self, inner: Floats, gold: Floats, penalty: float) -> tuple[Floats, Floats]:
        from scipy.linalg import cho_factor, cho_solve

        mean = gold.mean(axis=0)
        factor = cho_factor(inner + penalty * np.eye(len(inner)), overwrite_a=True)
        return cho_solve(factor, gold - mean), mean


class _Primal:
    """Ridge regression by scikit-learn, for many examples."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def held_out(self, learn: Mask, check: Mask, gold: Floats, penalty: float) -> Floats:
        """Scores ``[held out, outputs]`` of the rows ``check`` by a fit on the rows ``learn``."""
        weights, bias = _ridge(self.rows[np.flatnonzero(learn)], gold[learn], penalty)
        return np.asarray(self.rows[np.flatnonzero(check)] @ weights + bias, np.float64)

    def weights(self, gold: Floats, penalty: float) -> tuple[Floats, Floats]:
        """Weights ``[features, outputs]`` and biases ``[outputs]`` of a fit on all rows."""
        return _ridge(self.rows, gold, penalty)


def _ridge(rows: Any, gold: Floats, penalty: float) -> tuple[Floats, Floats]:
    from sklearn.linear_model import Ridge

    solver = "cholesky" if isinstance(rows, np.ndarray) else "sparse_cg"
    fitted = Ridge(alpha=penalty, solver=solver, tol=1e-3).fit(rows, gold)
    return np.atleast_2d(fitted.coef_).T, np.atleast_1d(fitted.intercept_)
