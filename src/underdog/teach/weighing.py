"""Weights of extra columns beside the logits of a model, and what each column is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.cost import Floats
from ..models.training.examples import softmax

FOLDS = 5

PENALTY = 1.0
"""The price of a weight, in nats per squared unit, whatever the number of texts."""

STEPS = 200

DOUBT = 2.0
"""Standard errors that a column must save to be kept."""


@dataclass(frozen=True, eq=False)
class Weighing:
    """``factor`` for given logits, ``weights`` ``[columns, labels]`` and ``bias`` ``[labels]``."""

    factor: float
    weights: Floats
    bias: Floats

    @property
    def parts(self) -> tuple[float, Floats, Floats]:
        """The three, in order."""
        return self.factor, self.weights, self.bias

    def logits(self, x: Floats, z: Floats) -> Floats:
        """Logits of columns ``x`` beside given logits ``z``: shape ``[texts, labels]``."""
        together: Floats = self.factor * z + x @ self.weights + self.bias
        return together


def fit_weights(x: Floats, z: Floats, y: NDArray[np.intp]) -> Weighing:
    """Multinomial logistic regression on columns ``x`` ``[texts, columns]``, beside given logits
    ``z`` ``[texts, labels]`` that are taken as they are but for a common factor.

    ``y`` are indices of labels, ``[texts]``. Weights are penalised, the factor and the bias are
    not, but for what keeps a label without examples finite.
    """
    from scipy.optimize import minimize

    n, labels = z.shape
    width = x.shape[1]
    one_hot = np.zeros((n, labels))
    one_hot[np.arange(n), y] = 1.0
    sides = np.hstack([x, np.ones((n, 1))])
    price = np.append(np.full(width, PENALTY), 0.01 * PENALTY)[:, None]

    def objective(at: Floats) -> tuple[float, Floats]:
        factor, w = at[0], at[1:].reshape(width + 1, labels)
        p = softmax(factor * z + sides @ w)
        loss = float(-np.log(np.maximum(p[np.arange(n), y], 1e-15)).sum() + (price * w * w).sum())
        slope = p - one_hot
        by_w = sides.T @ slope + 2 * price * w
        return loss / n, np.append((slope * z).sum(), by_w.ravel()) / n

    start = np.append(1.0, np.zeros((width + 1) * labels))
    bounds = [(0.0, 100.0), *[(-50.0, 50.0)] * (len(start) - 1)]
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS}
    )
    w = np.asarray(found.x[1:], np.float64).reshape(width + 1, labels)
    return Weighing(float(found.x[0]), w[:-1], w[-1])


def worth(
    x: Floats, z: Floats, y: NDArray[np.intp], seed: int
) -> tuple[list[tuple[float, float]], NDArray[np.intp]]:
    """What each column saves, in nats per text with its standard error; and the columns to keep.

    A column is worth the log loss that it saves on held-out texts over the same column shuffled
    among them (Breiman, Machine Learning 2001). The least useful column is dropped, and the others
    fitted again, until each saves more than `DOUBT` standard errors. The worth of a dropped column
    is that when it was dropped.
    """
    rng = np.random.default_rng(seed)
    fold = rng.permutation(len(y)) % FOLDS
    shuffles = [rng.permutation(int((fold == i).sum())) for i in range(FOLDS)]
    kept = list(range(x.shape[1]))
    gains = [(0.0, 0.0)] * x.shape[1]
    while kept:
        saved = _saved(x[:, kept], z, y, fold, shuffles)
        mean = saved.mean(axis=0)
        error = saved.std(axis=0) / np.sqrt(len(y))
        for k, m, e in zip(kept, mean.tolist(), error.tolist(), strict=True):
            gains[k] = m, e
        worst = int((mean - DOUBT * error).argmin())
        if mean[worst] > DOUBT * error[worst]:
            break
        kept.pop(worst)
    return gains, np.array(kept, np.intp)


def _saved(
    x: Floats,
    z: Floats,
    y: NDArray[np.intp],
    fold: NDArray[np.intp],
    shuffles: list[NDArray[np.intp]],
) -> Floats:
    """The log loss that each column saves on each text held out, ``[texts, columns]``."""
    saved = np.zeros(x.shape)
    for i, shuffle in enumerate(shuffles):
        check = fold == i
        made = fit_weights(x[~check], z[~check], y[~check])
        held, base = x[check], z[check]
        loss = _losses(made.logits(held, base), y[check])
        for k in range(x.shape[1]):
            mixed = held.copy()
            mixed[:, k] = mixed[shuffle, k]
            saved[check, k] = _losses(made.logits(mixed, base), y[check]) - loss
    return saved


def _losses(logits: Floats, y: NDArray[np.intp]) -> Floats:
    p = softmax(logits)
    losses: Floats = -np.log(np.maximum(p[np.arange(len(y)), y], 1e-15))
    return losses
