"""Least squares on shares of labels: the recipe that learns whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.surface import SurfaceFeatures
from ..training.examples import FEW, Examples

PENALTIES = (10.0, 30.0, 100.0)
"""What `Ridge` chooses from. Gains are noisy: nothing milder was ever worth it."""


@register("ridge", sample="ridge()")
@dataclass(frozen=True)
class Ridge:
    """Ridge regression of the labels' shares on a text's tokens, pairs of tokens and shape.

    (Hoerl & Kennard, Technometrics 1970.) Made for soft labels that are mostly noise, such as
    which of two models was right: least squares estimates the *mean* share of each label, which
    is what `route` needs, and where little can be known it keeps to the average. The penalty is
    chosen by squared error on held-out examples. As a plain classifier it is a baseline: `linear`
    separates classes better.
    """

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `RidgeModel`; `UnderdogError` without examples of two labels at least."""
        meter = Meter()
        examples = Examples.of(data)
        clues = SurfaceFeatures.learn(examples.texts)
        rows = clues.rows(examples.texts)
        weights, bias = _solved(rows, examples.gold, _chosen(rows, examples, seed))
        model = RidgeModel(data.task.labels, clues, weights.astype(np.float32), bias)
        meter.bill(1)
        return model


@register("ridge.model")
@dataclass(frozen=True, eq=False)
class RidgeModel:
    """``clues.rows(texts) @ weights + bias``, cut at 0 and scaled to sum to 1.

    ``weights`` has the shape ``[terms + shapes, labels]``, ``bias`` ``[labels]``.
    """

    labels: tuple[str, ...]
    clues: SurfaceFeatures
    weights: NDArray[np.float32]
    bias: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        shares = np.maximum(self.clues.rows(texts) @ self.weights + self.bias, 0.0)
        probs = shares / shares.sum(axis=1, keepdims=True)  # they sum to 1 before the cut
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "ridge")


def _chosen(rows: csr_array, examples: Examples, seed: int) -> float:
    """The penalty with the least squared error on held-out examples."""
    folds = list(examples.held_out(seed))
    if sum(check.sum() for _, check in folds) < FEW:
        return PENALTIES[0]

    def missed(penalty: float) -> float:
        total = 0.0
        for learn, check in folds:
            weights, bias = _solved(rows[learn], examples.gold[learn], penalty)
            total += float(((rows[check] @ weights + bias - examples.gold[check]) ** 2).sum())
        return total

    return min(PENALTIES, key=missed)


def _solved(rows: csr_array, gold: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Weights ``[columns, labels]`` and biases ``[labels]`` of the least penalised squares."""
    from sklearn.linear_model import Ridge as Solver

    solver = Solver(alpha=penalty, solver="sparse_cg", tol=1e-4).fit(rows, gold)
    return solver.coef_.T, solver.intercept_
