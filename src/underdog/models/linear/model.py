"""A trained linear model: answered by numpy alone, and explained exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Explanation
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array
from ..features.tfidf import Tfidf, Weights
from ..training.examples import softmax
from ..training.heads import Head, disagreement
from .explained import explain_linear, strongest_words
from .graded import GradedFit

Scorer = tuple[Floats, Floats]
"""Weights ``[features, labels]`` and biases ``[labels]``: margins are ``rows @ weights + bias``."""


@register(
    "linear.model",
    holds={"weights": Array("features.idf", "labels"), "bias": Array("labels", unseen=True)},
    check=disagreement,
)
@dataclass(frozen=True, eq=False)
class LinearModel:
    """The softmax of ``features.rows(texts) @ weights + bias``.

    ``weights`` has the shape ``[features, labels]``, ``bias`` ``[labels]``; a bias of minus
    infinity is a label without training examples. With a ``head``, it turns the scores into sets
    or numbers.
    """

    name: str
    labels: tuple[str, ...]
    features: Tfidf
    weights: Weights
    bias: Floats
    head: Head | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``; or sets, or numbers.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        margins = self.margins(texts)
        if self.head is not None:
            return self.head.answers(margins, self.labels, meter.bill(len(texts)), self.name)
        probs = softmax(margins)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), self.name)

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """The exact contribution of each word to each logit, and the effect of deleting it."""
        return explain_linear(self, texts)

    def overview(self, most: int = 10) -> dict[str, list[tuple[str, float]]]:
        """For each label the words and word pairs that speak most for it, with their weights."""
        return strongest_words(self, most)

    def margins(self, texts: Sequence[Text]) -> Floats:
        """Logits, shape ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        margins: Floats = self.features.multiply(texts, self.weights) + self.bias
        return margins


def graded_model(labels: tuple[str, ...], features: Tfidf, fitted: GradedFit) -> LinearModel:
    """The `LinearModel` of sets or numbers with the outputs ``labels``."""
    weights = np.ascontiguousarray(fitted.weights, np.float32)
    return LinearModel("linear", labels, features, weights, fitted.bias, fitted.head)


def make_model(
    name: str, labels: tuple[str, ...], features: Tfidf, scorer: Scorer, factor: float
) -> LinearModel:
    """The `LinearModel` of a ``scorer`` whose margins are multiplied by ``factor``."""
    weights, bias = scorer
    scaled = np.multiply(
        weights, factor, out=np.empty(weights.shape, np.float32), casting="same_kind"
    )
    return LinearModel(name, labels, features, scaled, bias * factor)
