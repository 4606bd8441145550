"""A frozen sentence encoder with a linear head: `Frozen`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array
from ..features.pair_features import pair_features
from ..features.text_pairs import are_pairs, wrong_kind
from ..linear.graded import LEARNED, fit_graded
from ..training.examples import Examples, softmax
from ..training.heads import Head, disagreement
from ..training.logistic import choose_strength, fit_head
from .embeddings import embed, embed_cached, truncation
from .vectors import Vectors

C_VALUES = (10.0, 100.0, 1.0)
"""Inverse regularisation strengths (``C``) that `Frozen` chooses from; the last one only if the
second is worse than the first."""


@register("frozen", sample="frozen()")
@dataclass(frozen=True)
class Frozen:
    """Logistic regression on sentence embeddings of an encoder that is not trained.

    ``encoder`` is anything that `Encoder` takes; the default needs no download. It learns from few
    examples and takes far more computation per text than `linear`. Only the first 256 tokens of a
    text are read. Embeddings of training texts are cached. A pair is represented by both
    embeddings, their difference and their product (Conneau et al., InferSent, EMNLP 2017). The
    inverse regularisation strength ``c_value`` and the inverse temperature ``sharpness`` are chosen
    on held-out examples unless given. Sets of labels and numbers are learned by ridge regression.
    A soft label weights its example for each label.
    """

    encoder: str = "minilm"
    c_value: float | None = None
    sharpness: float | None = None

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `FrozenModel`.

        Raises `UnderdogError` without examples of at least two labels, or if the encoder is
        missing.
        """
        data = dataset(data)
        meter = Meter()
        examples = Examples.of(data, "frozen", *LEARNED)
        rows = features(examples.texts, self.encoder, embed_cached)
        if examples.kind != "label":
            outputs = examples.outputs(data.task.labels)
            fitted = fit_graded(rows, examples, seed)
            graded = FrozenModel(outputs, self.encoder, *fitted[:3])
            meter.bill(1)
            return graded
        c_value, factor = self._settings(rows, examples, seed)
        weights, bias = fit_head(rows, examples.gold, c_value)
        model = FrozenModel(data.task.labels, self.encoder, weights * factor, bias * factor)
        meter.bill(1)
        return model

    def tuned(self, data: Dataset, seed: int = 0) -> Frozen:
        """The recipe with ``c_value`` and ``sharpness`` chosen on ``data``; raises like `fit`.

        Of sets and numbers nothing is chosen beforehand.
        """
        meter = Meter()
        examples = Examples.of(data, "frozen", *LEARNED)
        if examples.kind != "label":
            return self
        rows = features(examples.texts, self.encoder, embed_cached)
        c_value, factor = self._settings(rows, examples, seed)
        meter.bill(1)
        return Frozen(self.encoder, c_value, factor)

    def _settings(self, rows: Vectors, examples: Examples, seed: int) -> tuple[float, float]:
        """The inverse regularisation strength and the inverse temperature to train with."""
        if self.c_value is not None and self.sharpness is not None:
            return self.c_value, self.sharpness
        c_values = C_VALUES if self.c_value is None else (self.c_value,)
        c_value, factor = choose_strength(rows, examples, c_values, seed)
        return c_value, factor if self.sharpness is None else self.sharpness


@register(
    "frozen.model",
    holds={"weights": Array("features_of_a_text", "labels"), "bias": Array("labels", unseen=True)},
    check=disagreement,
)
@dataclass(frozen=True, eq=False)
class FrozenModel:
    """The softmax of ``features(texts, encoder) @ weights + bias``.

    ``weights`` has the shape ``[features, labels]``, ``bias`` ``[labels]``; a bias of minus
    infinity is a label without training examples. With a ``head``, it turns the scores into sets
    or numbers. The encoder is loaded by its name and is not
    saved.
    """

    labels: tuple[str, ...]
    encoder: str
    weights: Floats
    bias: Floats
    head: Head | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        rows = features(texts, self.encoder) if len(texts) else np.zeros((0, len(self.weights)))
        if rows.shape[1] != len(self.weights):
            raise wrong_kind(not are_pairs(texts))
        scores = rows @ self.weights + self.bias
        if self.head is not None:
            return self.head.answers(scores, self.labels, meter.bill(len(texts)), "frozen")
        probs = softmax(scores)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "frozen")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How many of ``texts`` are truncated, if any."""
        singles = [side for text in texts for side in ((text,) if isinstance(text, str) else text)]
        most, long = truncation(singles, self.encoder)
        sentence = f"of {long:,} of {len(singles):,} texts only the first {most} tokens are read"
        return (Fact("cut", sentence, long),) if long else ()


def features(
    texts: Sequence[Text], encoder: str, embedder: Callable[[Sequence[str], str], Vectors] = embed
) -> Vectors:
    """Embeddings of single texts, ``[texts, width]``, or of pairs, ``[texts, 4 * width]``.

    Raises `UnderdogError` if single texts and pairs are mixed.
    """
    if not are_pairs(texts):
        return embedder([str(text) for text in texts], encoder)
    one, other = (embedder([text[side] for text in texts], encoder) for side in (0, 1))
    rows: Vectors = np.hstack(pair_features(one, other))
    return rows
