"""Doubt as graders: by further samples, and by log-probabilities; 1 is surest."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.protocols import Model, Scorer
from ...runtime.registry import register
from ..graders.reading import named, samples
from . import agreement, likelihood, meanings, selfcheck
from .agreement import Alike

NEAR = 0.8
"""The cosine of sentence vectors above which, without an entailment model, meanings are one."""


@register("selfcheck")
@dataclass(frozen=True)
class SelfCheck:
    """Whether further samples say what an output says (SelfCheck: Manakul et al., EMNLP 2023).

    Each sentence is held against every sample ``by`` 'words' (a unigram model of them), by
    'vectors' of ``encoder`` (the nearest sentence), or by ``nli``, a model that labels pairs
    (premise, hypothesis). The grade is the mean over sentences.
    """

    by: str = "words"
    encoder: str = "minilm"
    nli: Model | None = None
    needs: ClassVar[tuple[str, ...]] = ("samples",)
    by_sentence: ClassVar[bool] = True
    says: ClassVar[str] = "said again"

    def __post_init__(self) -> None:
        _one_of("selfcheck", self.by, ("words", "vectors"))

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN for an output without words or without samples."""
        others = samples(data)
        if self.nli is not None:
            rows = selfcheck.by_entailment(values, others, follows(self.nli))
        elif self.by == "vectors":
            near = agreement.vectors_near(self.encoder)
            rows = selfcheck.by_sentences(values, others, near)
        else:
            rows = [selfcheck.by_words(v, o) for v, o in zip(values, others, strict=True)]
        known = [row[~np.isnan(row)] for row in rows]
        return np.array([row.mean() if row.size else np.nan for row in known], np.float64)


MEASURES: dict[str, Callable[[Floats], float]] = {
    "agreement": agreement.agreement,
    "degree": agreement.degree,
    "eigv": agreement.one_meaning,
    "eccentricity": agreement.centrality,
}
ENTROPIES = ("entropy", "weighted")


@register("consistency")
@dataclass(frozen=True)
class Consistency:
    """How far an output and further samples agree, ``by`` 'words', 'vectors', or an ``nli`` model.

    ``measure`` is 'agreement' (their mean similarity: by words, lexical similarity), 'degree',
    'eigv' or 'eccentricity' of the graph that the similarities make (Lin et al., TMLR 2024), or
    semantic 'entropy' over meanings (Farquhar et al., Nature 2024), each answer counting alike or,
    'weighted', as its mean log-probability: those of the samples are in the column
    ``sample_logprobs``, a list for each output. Two answers have one meaning if each follows from
    the other, or, without ``nli``, if they are near. 1 stands for one meaning, 0 for as many as
    there are answers.
    """

    measure: str = "entropy"
    by: str = "vectors"
    encoder: str = "minilm"
    nli: Model | None = None
    says: ClassVar[str] = "agreed"

    def __post_init__(self) -> None:
        _one_of("consistency", self.measure, (*MEASURES, *ENTROPIES))
        _one_of("consistency", self.by, ("words", "vectors"))

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return ("samples", "logprobs") if self.measure == "weighted" else ("samples",)

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``, at most 1; NaN for an output without samples."""
        others = samples(data)
        rows = [[value, *some] for value, some in zip(values, others, strict=True)]
        alike, same = self._alike()
        matrices = agreement.matrices(rows, alike)
        if self.measure in MEASURES:
            return np.array([MEASURES[self.measure](w) for w in matrices], np.float64)
        of = [meanings.meanings(w, same) for w in matrices]
        weights: Sequence[Floats | None] = [None] * len(of)
        if self.measure == "weighted":
            weights = _weights(data, others)
        pairs = zip(of, weights, strict=True)
        return np.array([meanings.certainty(*pair) for pair in pairs], np.float64)

    def _alike(self) -> tuple[Alike, float]:
        if self.nli is not None:
            return follows(self.nli), 0.5
        if self.by == "words":
            return agreement.words_shared, 0.5
        return agreement.vectors_near(self.encoder), NEAR


TOKENS: dict[str, Callable[[Floats], float]] = {
    "mean": likelihood.mean_probability,
    "least": likelihood.least_probability,
}


@register("token_probability")
@dataclass(frozen=True)
class TokenProbability:
    """How likely a model found its own words: the column ``logprobs`` has a list for each output.

    ``measure`` 'mean' is the geometric mean of the tokens' probabilities, which is one over the
    perplexity and orders outputs as the mean log-probability does; 'least' is that of the least
    likely token.
    """

    measure: str = "mean"
    needs: ClassVar[tuple[str, ...]] = ("logprobs",)
    says: ClassVar[str] = "likely"

    def __post_init__(self) -> None:
        _one_of("token_probability", self.measure, tuple(TOKENS))

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no log-probability is known.

        Raises `UnderdogError` without the column.
        """
        cells = named(data, "logprobs", " with the log-probabilities of tokens", "logprobs")
        found = [TOKENS[self.measure](likelihood.token_logprobs(cell)) for cell in cells]
        return np.array(found, np.float64)


@register("p_true")
@dataclass(frozen=True)
class PTrue:
    """P(True) (Kadavath et al., 2022): how likely ``model`` calls an output true, not false.

    ``model`` can tell how likely it was to write a text: `llama('smollm2')`. The outputs' samples,
    where there are any, are shown to it first. It is asked once for each output.
    """

    model: Model
    needs: ClassVar[tuple[str, ...]] = ("question",)
    says: ClassVar[str] = "called true"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN for a blank output.

        Raises `UnderdogError` if the model gives no likelihoods.
        """
        if not isinstance(self.model, Scorer):
            raise UnderdogError(
                "p_true needs a model that tells how likely a text is",
                "as in: p_true(llama('smollm2'))",
            )
        others = samples(data) if "samples" in data.columns else ()
        cells = named(data, "question", ", which p_true asks about", "question")
        questions = [str(cell or "") for cell in cells]
        return likelihood.p_true(self.model, questions, values, others)


def follows(nli: Model) -> Alike:
    """How likely ``nli`` finds that the second text of a pair follows from the first.

    Its label for that is called entailment, supported, yes or the like, or 1.
    Raises `UnderdogError` if none of its labels is.
    """

    def entailed(pairs: Sequence[tuple[str, str]]) -> Floats:
        if not pairs:
            return np.zeros(0)
        told = nli.answer(list(pairs))
        named = [label for label in told.labels if label.strip().lower() in ENTAILED]
        if len(named) != 1:
            raise UnderdogError(
                f"none of {', '.join(told.labels) or 'its answers'} says that a text follows",
                f"name one of the labels of the entailment model {min(ENTAILED)!r}",
            )
        found: Floats = told.matrix(told.labels)[:, told.labels.index(named[0])]
        return found

    return entailed


ENTAILED = frozenset(["1", "entailment", "entailed", "entails", "supported", "supports", "yes"])


def _weights(data: Dataset, others: Sequence[Sequence[str]]) -> list[Floats]:
    """The mean log-probability of each output and of its samples; NaN where they do not fit."""
    if "sample_logprobs" not in data.columns:
        raise UnderdogError(
            "weighted entropy needs the log-probability of each sample",
            "add the column sample_logprobs, a list for each output; or consistency('entropy')",
        )
    weights = []
    columns = data.columns["logprobs"], data.columns["sample_logprobs"], others
    for own, theirs, some in zip(*columns, strict=True):
        means = [_mean(likelihood.token_logprobs(own)), *map(_mean, _lists(theirs))]
        whole = len(means) == 1 + len(some)
        weights.append(np.array(means if whole else [np.nan] * (1 + len(some)), np.float64))
    return weights


def _lists(cell: object) -> list[Floats]:
    """The log-probabilities of each sample: a list of numbers, or of a list of tokens each."""
    parts = json.loads(cell) if isinstance(cell, str) and cell.strip().startswith("[") else []
    return [likelihood.token_logprobs(part) for part in parts]


def _mean(tokens: Floats) -> float:
    return float(tokens.mean()) if tokens.size else np.nan


def _one_of(name: str, given: str, allowed: Sequence[str]) -> None:
    if given not in allowed:
        raise UnderdogError(f"{name} has no {given!r}", f"one of {', '.join(allowed)}")
