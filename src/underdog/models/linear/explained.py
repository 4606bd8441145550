"""Exact explanations of linear models: what each word adds to the score of each label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Explanation, Feature, Token
from ...core.explaining.tokens import keep, tokens_of
from ..features.occurrences import Occurrences, occurrences
from ..features.tfidf import Tfidf, Weights
from ..training.heads import Head, NumberHead, SetHead

METHOD = "exact contributions of a linear model"

TERMS = 12
"""The strongest terms that are listed."""

_SCALES = {NumberHead: "number", SetHead: "log-odds"}

DELETED = 64
"""Words of a long text that are deleted one by one: those that contribute most."""


class _Scored(Protocol):
    """What is asked of a linear model: its parts, its answers and its margins."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def features(self) -> Tfidf: ...
    @property
    def weights(self) -> Weights: ...
    @property
    def bias(self) -> Floats: ...
    @property
    def head(self) -> Head | None: ...
    def answer(self, texts: Sequence[Text]) -> Answers: ...
    def margins(self, texts: Sequence[Text]) -> Floats: ...


def explain_linear(model: _Scored, texts: Sequence[Text]) -> list[Explanation]:
    """What each word adds to the logits, and how they fall when it is deleted.

    The bias and all contributions add up to the logits. The effect of deleting a word is another
    number: the words that remain count for more, since a row of TF-IDF has a fixed length.
    """
    answers = model.answer(texts)
    return [
        _explained(model, text, value, path)
        for text, value, path in zip(texts, answers.values, answers.paths, strict=True)
    ]


def strongest_words(model: _Scored, most: int) -> dict[str, list[tuple[str, float]]]:
    """For each label the ``most`` words and word pairs with the largest weight times idf.

    The weights are those against the mean of the other labels.
    """
    labels, factor, _ = _scale(model)
    names, first = model.features.names, 0
    at: list[int] = []
    for space in model.features.spaces:
        words = range(first, first + space.sizes[0])
        at += [i for i in words if "^" not in names[i]]
        first += sum(space.sizes)
    weights = model.weights[at, : len(labels)] * factor * model.features.idf[at, None]
    toward = _spread(weights.astype(np.float64), model.bias[: len(labels)])
    strongest = {}
    for k, label in enumerate(labels):
        best = np.argsort(-toward[:, k], kind="stable")[:most].tolist()
        pairs = [(names[at[i]], float(toward[i, k])) for i in best]
        strongest[label] = [(name, weight) for name, weight in pairs if weight > 0]
    return strongest


def _explained(model: _Scored, text: Text, value: str, path: tuple[str, ...]) -> Explanation:
    tokens = tokens_of(text)
    row = model.features.rows([text])
    order = np.argsort(row.indices)
    amounts = row.data[order].astype(np.float64)
    terms_in = occurrences(model.features, text, tokens)
    labels, factor, shift = _scale(model)
    used = slice(len(labels))
    weights = model.weights[terms_in.columns, used].astype(np.float64) * factor
    terms = amounts[:, None] * weights
    base = np.asarray(model.bias[used] * factor + shift, np.float64)
    contributions = np.asarray(terms_in.shares @ terms)
    output = base + terms.sum(axis=0)
    toward = np.abs(_spread(contributions, output)).max(axis=1, initial=0.0)
    some = np.argsort(-toward, kind="stable")[:DELETED]
    effects = np.full(contributions.shape, np.nan)
    if len(some):
        left = _margins(model, text, tokens, some)[:, used] * factor + shift
        seen = np.isfinite(output)  # a label without examples stays impossible
        effects[some] = np.subtract(output, left, out=np.zeros_like(left), where=seen)
    explanation = Explanation(
        text, value, labels, tokens, contributions, base, output, METHOD,
        _SCALES.get(type(model.head), "logit"), effects,
        path=path, notes=_notes(len(tokens)),
    )  # fmt: skip
    strongest = _strongest(terms_in, terms, explanation.against(terms))
    return replace(explanation, features=strongest)


def _margins(model: _Scored, text: Text, tokens: Sequence[Token], some: NDArray[np.intp]) -> Floats:
    """The logits of ``text`` without each of ``some`` of its tokens, ``[some, labels]``."""
    kept = np.ones((len(some), len(tokens)), bool)
    kept[np.arange(len(some)), some] = False
    margins: Floats = model.margins(keep(text, tokens, kept)).astype(np.float64)
    return margins


def _scale(model: _Scored) -> tuple[tuple[str, ...], float, float]:
    """The outputs that mean something, and the factor and shift that give them their scale."""
    if isinstance(model.head, NumberHead):
        return model.labels[:1], model.head.spread, model.head.centre
    if isinstance(model.head, SetHead):
        return model.labels, model.head.slope, model.head.offset
    return model.labels, 1.0, 0.0


def _spread(rows: Floats, output: Floats) -> Floats:
    """``rows`` against the mean of the labels that can be answered."""
    finite = np.isfinite(output)
    return rows - rows[:, finite].mean(axis=1, keepdims=True) if finite.sum() > 1 else rows


def _strongest(terms_in: Occurrences, terms: Floats, toward: Floats) -> tuple[Feature, ...]:
    """The terms that speak most for or against the answer; ``toward`` has the shape ``[terms]``."""
    return tuple(
        Feature(terms_in.names[i], f"{terms_in.counts[i]:g}×", tuple(terms[i].tolist()))
        for i in np.argsort(-np.abs(toward), kind="stable")[:TERMS].tolist()
    )


def _notes(tokens: int) -> tuple[str, ...]:
    if tokens <= DELETED:
        return ()
    return (f"of {tokens:,} words, {DELETED} were deleted one by one to measure the effect",)
