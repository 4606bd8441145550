"""All scores of doubt that a table of answers allows: a number for each row, 1 is surest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from . import agreement, likelihood, meanings, selfcheck
from .agreement import Alike

NEAR = 0.8
"""The cosine of sentence vectors above which, without an entailment model, meanings are one."""


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of each answer: ``samples`` are further answers to its question.

    ``logprobs`` holds the log-probabilities of each answer's tokens, and ``sample_logprobs``,
    ``[samples]`` for each answer, the mean over tokens for each of its samples.
    """

    answers: Sequence[str]
    samples: Sequence[Sequence[str]] = ()
    logprobs: Sequence[Floats] = ()
    sample_logprobs: Sequence[Floats] = ()

    def __post_init__(self) -> None:
        for name in ("samples", "logprobs", "sample_logprobs"):
            column = getattr(self, name)
            if len(column) not in (0, len(self.answers)):
                raise ValueError(f"{len(self.answers)} answers but {len(column)} {name}")


def scores(
    known: Known, encoder: str | None = "minilm", follows: Alike | None = None
) -> dict[str, Floats]:
    """Each score that can be computed, ``[answers]`` by its name; higher means surer, at most 1.

    ``encoder`` gives sentence vectors, and ``follows`` the probability that the second text of a
    pair follows from the first; None leaves out what needs it. NaN where a row has too little: a
    blank answer, or no samples that are not blank. Raises `UnderdogError` if there is neither a
    sample nor a log-probability in any row.
    """
    blank = np.array([not answer.strip() for answer in known.answers], np.bool_)
    samples = [[one for one in some if one.strip()] for some in known.samples]
    found: dict[str, Floats] = {}
    if any(samples):
        found |= _of_samples(known, samples, encoder, follows)
    if any(len(tokens) for tokens in known.logprobs):
        for name, score in TOKENS.items():
            found[name] = np.array([score(np.asarray(tokens)) for tokens in known.logprobs])
    if not found:
        raise UnderdogError(
            "there is nothing to doubt an answer by: no further samples, no log-probabilities",
            "add a column of samples (a JSON list of answers to the same question), or one of"
            " log-probabilities",
        )
    return {name: np.where(blank, np.nan, column) for name, column in found.items()}


TOKENS: dict[str, Callable[[Floats], float]] = {
    "mean probability (1/perplexity)": likelihood.mean_probability,
    "least probability": likelihood.least_probability,
}


def _of_samples(
    known: Known, samples: list[list[str]], encoder: str | None, follows: Alike | None
) -> dict[str, Floats]:
    rows = [[answer, *some] for answer, some in zip(known.answers, samples, strict=True)]
    shared = list(agreement.matrices(rows, agreement.words_shared))
    found = {"lexical similarity": _each(agreement.agreement, shared)}
    words = [selfcheck.by_words(a, s) for a, s in zip(known.answers, samples, strict=True)]
    found["selfcheck (words)"] = _means(words)
    near = agreement.vectors_near(encoder) if encoder else None
    if near:
        nearest = selfcheck.by_sentences(known.answers, samples, near)
        found["selfcheck (vectors)"] = _means(nearest)
    if follows:
        found["selfcheck (entailment)"] = _means(
            selfcheck.by_entailment(known.answers, samples, follows)
        )
    matrices, same = shared, 0.5
    if follows or near:
        matrices = list(agreement.matrices(rows, follows or near or agreement.words_shared))
        same = 0.5 if follows else NEAR
    found |= {name: _each(score, matrices) for name, score in SPECTRAL.items()}
    of = [meanings.meanings(w, same) for w in matrices]
    found["semantic entropy"] = np.array([meanings.certainty(one) for one in of])
    weights = _sample_weights(known, samples)
    if weights is not None:
        pairs = zip(of, weights, strict=True)
        found["semantic entropy (weighted)"] = np.array([meanings.certainty(*one) for one in pairs])
    return found


SPECTRAL: dict[str, Callable[[Floats], float]] = {
    "degree": agreement.degree,
    "eigv": agreement.one_meaning,
    "eccentricity": agreement.centrality,
}


def _sample_weights(known: Known, samples: list[list[str]]) -> list[Floats] | None:
    """The mean log-probability of the answer and of each sample; None where they do not fit."""
    if not len(known.sample_logprobs) or not len(known.logprobs):
        return None
    weights = []
    rows = zip(known.logprobs, known.sample_logprobs, samples, strict=True)
    for own, theirs, some in rows:
        whole = len(theirs) == len(some) and len(own) > 0
        parts = [np.mean(own), *theirs] if whole else [np.nan] * (1 + len(some))
        weights.append(np.array(parts, np.float64))
    return weights


def _each(score: Callable[[Floats], float], matrices: Sequence[Floats]) -> Floats:
    return np.array([score(w) for w in matrices], np.float64)


def _means(rows: Sequence[Floats]) -> Floats:
    """The mean over the sentences of each row that have a score; NaN where none has."""
    known = [row[~np.isnan(row)] for row in rows]
    return np.array([row.mean() if row.size else np.nan for row in known], np.float64)
