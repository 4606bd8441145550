"""Ridge regression on label shares: `Ridge`, the recipe that routers use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array
from ..features.surface import SurfaceFeatures
from ..training.examples import FEW, Examples

PENALTIES = (10.0, 30.0, 100.0)
"""Penalties that `Ridge` chooses from. Smaller ones were never better on noisy labels."""


@register("ridge", sample="ridge()")
@dataclass(frozen=True)
class Ridge:
    """Ridge regression of label shares on the surface features of a text (Hoerl & Kennard,
    Technometrics 1970).

    Made for soft labels that are mostly noise, such as which of two models was right. Least squares
    estimates the mean share of each label, which `route` needs, and falls back to the average where
    little can be learned. The penalty is chosen by squared error on held-out examples. As a plain
    classifier it is a baseline: `linear` separates classes better.
    """

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `RidgeModel`.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed.
        """
        data = dataset(data)
        meter = Meter()
        examples = Examples.of(data, "ridge")
        features = SurfaceFeatures.learn(examples.texts)
        rows = features.rows(examples.texts)
        weights, bias = _solve(rows, examples.gold, _choose_penalty(rows, examples, seed))
        model = RidgeModel(data.task.labels, features, weights.astype(np.float32), bias)
        meter.bill(1)
        return model


@register(
    "ridge.model",
    holds={"weights": Array("clues.idf+clues.mean", "labels"), "bias": Array("labels")},
)
@dataclass(frozen=True, eq=False)
class RidgeModel:
    """``clues.rows(texts) @ weights + bias``, clipped at 0 and scaled to sum to 1.

    ``clues`` computes the surface features; ``weights`` has the shape ``[features, labels]``,
    ``bias`` ``[labels]``.
    """

    labels: tuple[str, ...]
    clues: SurfaceFeatures
    weights: NDArray[np.float32]
    bias: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The labels with the largest share, with the shares as probabilities ``[texts,
        labels]``.
        """
        meter = Meter()
        shares = np.maximum(self.clues.rows(texts) @ self.weights + self.bias, 0.0)
        probs = shares / shares.sum(axis=1, keepdims=True)  # the shares sum to 1 before clipping
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "ridge")


def _choose_penalty(rows: csr_array, examples: Examples, seed: int) -> float:
    """The penalty with the smallest squared error on held-out examples."""
    folds = list(examples.held_out(seed))
    if sum(check.sum() for _, check in folds) < FEW:
        return PENALTIES[0]

    def squared_error(penalty: float) -> float:
        total = 0.0
        for learn, check in folds:
            weights, bias = _solve(rows[learn], examples.gold[learn], penalty)
            gold = examples.gold[check]
            mass = gold.sum(axis=1, keepdims=True)
            total += float((mass * (rows[check] @ weights + bias - gold / mass) ** 2).sum())
        return total

    return min(PENALTIES, key=squared_error)


def _solve(rows: csr_array, gold: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Ridge regression: weights ``[features, labels]`` and biases ``[labels]``."""
    from sklearn.linear_model import Ridge as Solver

    mass = gold.sum(axis=1)
    solver = Solver(alpha=penalty, solver="sparse_cg", tol=1e-4)
    if np.allclose(mass, 1.0):
        solver.fit(rows, gold)
    else:
        solver.fit(rows, gold / mass[:, None], sample_weight=mass)
    return solver.coef_.T, solver.intercept_
