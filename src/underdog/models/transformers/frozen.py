"""A frozen sentence encoder with a linear head: meaning, where `linear` sees only words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.pair_features import pair_features
from ..features.text_pairs import are_pairs, wrong_kind
from ..training.examples import Examples, fit_temperature, softmax
from .embeddings import Vectors, cut, embed, remembered

COSTS = (10.0, 1.0, 100.0)
"""What `Frozen` chooses from: the cost of an error against that of a large weight."""


@register("frozen", sample="frozen()")
@dataclass(frozen=True)
class Frozen:
    """Logistic regression on sentence embeddings that are computed once and never trained.

    ``encoder`` is anything that `Encoder` takes; the usual one needs no download. Needs few
    examples, and far more work for each text than `linear`. Of a text only the first 256 tokens
    are read; one that was learned from before is not embedded again. A pair is seen as both
    embeddings, their difference and their product (Conneau et al., InferSent, EMNLP 2017).
    The regularisation, and the temperature of the probabilities, are chosen on held-out examples.
    Soft labels weigh an example for each label.
    """

    encoder: str = "minilm"

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `FrozenModel`; `UnderdogError` without examples of two labels at least."""
        meter = Meter()
        examples = Examples.of(data)
        rows = features(examples.texts, self.encoder, remembered)
        cost, factor = _chosen(rows, examples, seed)
        weights, bias = head(rows, examples.gold, cost)
        model = FrozenModel(data.task.labels, self.encoder, weights * factor, bias * factor)
        meter.bill(1)
        return model


@register("frozen.model")
@dataclass(frozen=True, eq=False)
class FrozenModel:
    """The softmax of ``features(texts, encoder) @ weights + bias``.

    ``weights`` has the shape ``[features, labels]``; a bias of minus infinity is a label that
    was never seen in training. The encoder is not part of it: it is found by its name.
    """

    labels: tuple[str, ...]
    encoder: str
    weights: Floats
    bias: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        rows = features(texts, self.encoder) if len(texts) else np.zeros((0, len(self.weights)))
        if rows.shape[1] != len(self.weights):
            raise wrong_kind(not are_pairs(texts))
        probs = softmax(rows @ self.weights + self.bias)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "frozen")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        singles = [side for text in texts for side in ((text,) if isinstance(text, str) else text)]
        most, long = cut(singles, self.encoder)
        says = f"of {long:,} of {len(singles):,} texts only the first {most} tokens are read"
        return (Fact("cut", says, long),) if long else ()


def features(
    texts: Sequence[Text], encoder: str, look: Callable[[Sequence[str], str], Vectors] = embed
) -> Vectors:
    """Embeddings of single texts, ``[texts, width]``, or of pairs, ``[texts, 4 * width]``."""
    if not are_pairs(texts):
        return look([str(text) for text in texts], encoder)
    one, other = (look([text[side] for text in texts], encoder) for side in (0, 1))
    found: Vectors = np.hstack(pair_features(one, other))
    return found


def _chosen(rows: Vectors, examples: Examples, seed: int) -> tuple[float, float]:
    """The cost with the least surprise at held-out examples, and the sharpness with it."""
    folds = list(examples.held_out(seed))
    if not folds:
        return COSTS[0], 1.0
    truth = np.concatenate([examples.gold[check] for _, check in folds])
    trials = []
    for cost in COSTS:
        heads = [head(rows[learn], examples.gold[learn], cost) for learn, _ in folds]
        margins = [rows[c] @ w + b for (w, b), (_, c) in zip(heads, folds, strict=True)]
        loss, factor = fit_temperature(np.concatenate(margins), truth)
        trials.append((loss, cost, factor))
    _, cost, factor = min(trials, key=lambda trial: trial[0])
    return cost, factor


def head(rows: Vectors, gold: Floats, cost: float) -> tuple[Floats, Floats]:
    """Weights ``[features, labels]`` and biases ``[labels]``; each share of a label is a row."""
    from sklearn.linear_model import LogisticRegression

    at, says = np.nonzero(gold > 0)
    seen = np.unique(says)
    weights, bias = np.zeros((rows.shape[1], gold.shape[1])), np.full(gold.shape[1], -np.inf)
    if len(seen) == 1:
        bias[seen] = 0.0
        return weights, bias
    found = LogisticRegression(C=cost, max_iter=1000).fit(rows[at], says, gold[at, says])
    if len(seen) == 2:  # one line tells both apart: half the margin for one, half against
        weights[:, seen], bias[seen] = found.coef_.T * [-0.5, 0.5], found.intercept_ * [-0.5, 0.5]
    else:
        weights[:, seen], bias[seen] = found.coef_.T, found.intercept_
    return weights, bias
