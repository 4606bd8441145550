"""Scores of answers that are graded: sets of labels, numbers and texts, with their intervals.

The score ``accuracy`` is the mean grade, whatever the grader; the others depend on the kind of the
task. An abstention, or an answer that is no number, has grade 0 and an empty set of labels; errors
of numbers are measured over the answers that are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats
from ..core.data import Dataset, indicators
from ..core.graders import EXACT, TokenF1
from ..core.values import members, number
from .resample import bootstrap

SCORES = {
    "label": ("accuracy", "exact_match", "macro_f1", "macro_precision", "macro_recall"),
    "labels": (
        *("accuracy", "exact_match", "micro_f1", "macro_f1", "macro_precision", "macro_recall"),
    ),
    "number": ("accuracy", "mae", "rmse", "spearman", "kappa"),
    "text": ("accuracy", "exact_match", "token_f1"),
}
"""The names of the scores for each kind of task, in the order of every table."""

SCALE = 20
"""Distinct right numbers, at most, to which answers are rounded for the quadratic kappa."""


@dataclass(frozen=True)
class Measured:
    """Scores and recall by label, each with its interval; None, or left out, where unknown."""

    scores: Mapping[str, float | None]
    intervals: Mapping[str, tuple[float, float]]
    recall: Mapping[str, float | None]
    recall_intervals: Mapping[str, tuple[float, float]]


def measured(
    answers: Answers,
    data: Dataset,
    grades: Floats,
    *,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Measured:
    """The scores of ``answers`` to the texts of ``data``, whose ``grades`` are ``[texts]``.

    Intervals are percentiles of a bootstrap that draws clusters of texts.
    """
    scorer = _scorer(answers, data, np.nan_to_num(grades))
    whole = scorer(np.ones((len(answers), 1)))
    blocks = [scorer(w) for w in bootstrap(len(answers), data.clusters, resamples, seed)]
    tails = [(1 - level) / 2, (1 + level) / 2]

    def spans(name: str) -> list[tuple[float, float] | None]:
        drawn = np.concatenate([block[name] for block in blocks], axis=-1)
        return [_span(row, tails) for row in np.atleast_2d(drawn)]

    bounds = {name: spans(name)[0] for name in SCORES[data.task.kind]}
    labels = data.task.labels if "recall" in whole else ()
    recall = whole["recall"][:, 0].tolist() if labels else []
    recall_bounds = spans("recall") if labels else []
    return Measured(
        {name: _known(whole[name][0]) for name in bounds},
        {name: span for name, span in bounds.items() if span},
        {label: _known(value) for label, value in zip(labels, recall, strict=True)},
        {label: span for label, span in zip(labels, recall_bounds, strict=True) if span},
    )


def answered_sets(values: Sequence[str], data: Dataset) -> Floats:
    """1 where an answer names a label, else 0, shape ``[texts, labels]``; of single labels too."""
    single = data.task.kind == "label"
    sets = [((v,) if v != ABSTAIN else ()) if single else members(v) for v in values]
    return indicators(sets, data.task.labels)


def answered_numbers(values: Sequence[str]) -> Floats:
    """The numbers that are answered, shape ``[texts]``; NaN where an answer is none."""
    return np.array([number(value) for value in values], np.float64)


def kappa(said: Floats, right: Floats, weights: Floats) -> Floats:
    """Cohen's kappa with quadratic weights (Psychological Bulletin 1968), shape ``[resamples]``.

    ``said`` and ``right`` are numbers, ``[texts]``; ``weights`` are ``[texts, resamples]``. 1 if
    all agree, 0 if no better than chance; NaN without texts.
    """
    if not len(said):
        return np.full(weights.shape[1], np.nan)
    total = np.maximum(weights.sum(axis=0), 1e-300)
    means = [(x @ weights) / total for x in (said, right)]
    spreads = [(x**2 @ weights) / total - m**2 for x, m in zip((said, right), means, strict=True)]
    chance = spreads[0] + spreads[1] + (means[0] - means[1]) ** 2
    apart = ((said - right) ** 2 @ weights) / total
    ratio = np.divide(apart, chance, out=np.ones_like(apart), where=chance > 1e-12)
    return np.asarray(1.0 - ratio, np.float64)


Scorer = Callable[[Floats], dict[str, Floats]]
"""All scores for weights ``[texts, resamples]``: ``[resamples]`` each, recall ``[labels, …]``."""


def _scorer(answers: Answers, data: Dataset, grades: Floats) -> Scorer:
    exact = np.nan_to_num(EXACT.grade(data.texts, answers.values, data))
    more = {
        "label": _set_scores,
        "labels": _set_scores,
        "number": _number_scores,
        "text": _text_scores,
    }[data.task.kind](answers, data)

    def scores(weights: Floats) -> dict[str, Floats]:
        both = {"accuracy": _mean(grades, weights), "exact_match": _mean(exact, weights)}
        return both | more(weights)

    return scores


def _text_scores(answers: Answers, data: Dataset) -> Scorer:
    f1 = np.nan_to_num(TokenF1().grade(data.texts, answers.values, data))
    return lambda weights: {"token_f1": _mean(f1, weights)}


def _number_scores(answers: Answers, data: Dataset) -> Scorer:
    from scipy.stats import rankdata

    said, right = answered_numbers(answers.values), data.numbers
    both = np.flatnonzero(~np.isnan(said) & ~np.isnan(right))
    said, right = said[both], right[both]
    error, ranks = said - right, (rankdata(said), rankdata(right))
    scale, rated = np.unique(right), said
    if 1 < len(scale) <= SCALE:
        rated = scale[np.abs(said[:, None] - scale).argmin(axis=1)]

    def scores(weights: Floats) -> dict[str, Floats]:
        weights = weights[both]
        return {
            "mae": _mean(np.abs(error), weights),
            "rmse": np.sqrt(_mean(error**2, weights)),
            "spearman": _correlation(*ranks, weights),
            "kappa": kappa(rated, right, weights),
        }

    return scores


def _set_scores(answers: Answers, data: Dataset) -> Scorer:
    said, right = answered_sets(answers.values, data), data.memberships

    def scores(weights: Floats) -> dict[str, Floats]:
        hits, named, there = (x.T @ weights for x in (said * right, said, right))
        counted = (named + there) > 0
        counted = counted / np.maximum(counted.sum(axis=0), 1)
        with np.errstate(invalid="ignore"):
            recall = hits / there
        return {
            "micro_f1": _ratio(2 * hits.sum(axis=0), (named + there).sum(axis=0)),
            "macro_f1": (_ratio(2 * hits, named + there) * counted).sum(axis=0),
            "macro_precision": (_ratio(hits, named) * counted).sum(axis=0),
            "macro_recall": (_ratio(hits, there) * counted).sum(axis=0),
            "recall": recall,
        }

    return scores


def _mean(values: Floats, weights: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(values @ weights / weights.sum(axis=0), np.float64)


def _correlation(a: Floats, b: Floats, weights: Floats) -> Floats:
    """Pearson's correlation for each resample; NaN where one side does not vary."""
    total = weights.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        left, right = (a @ weights) / total, (b @ weights) / total
        both = ((a * b) @ weights) / total - left * right
        spread = ((a**2) @ weights / total - left**2) * ((b**2) @ weights / total - right**2)
        return np.where(spread > 1e-12, both / np.sqrt(np.maximum(spread, 1e-300)), np.nan)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _span(values: Floats, tails: Sequence[float]) -> tuple[float, float] | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, tails).tolist()
    return low, high


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
