"""Every score for any weights of the texts, so that points and resamples share one formula.

Weights have the shape ``[texts, resamples]``, scores the shape ``[resamples]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers, places
from ..core.cost import Floats
from ..core.errors import UnderdogError
from .resample import group_sums

MASS_BINS = 15
"""Bins of the calibration error; each holds as many answers as the next."""


@dataclass(frozen=True, eq=False)
class AnswerArrays:
    """Labels as places among ``labels``, shape ``[texts]``; -1 stands for no label.

    ``right`` is 1 or 0 for each text. ``probs`` has the shape ``[texts, labels]``, and ``sure``
    is the probability of the answered label, 0 for an abstention; both are None where unknown.
    """

    labels: tuple[str, ...]
    gold: NDArray[np.intp]
    said: NDArray[np.intp]
    right: Floats
    probs: Floats | None
    sure: Floats | None

    @classmethod
    def of(cls, answers: Answers, gold: Sequence[str], labels: tuple[str, ...]) -> AnswerArrays:
        """The columns of ``answers``; gold labels that the task does not have are an error."""
        if strange := set(gold) - set(labels):
            known = ", ".join(map(repr, labels))
            raise UnderdogError(f"{min(strange)!r} is no label of this task", f"labels: {known}")
        sure = sureness(answers)
        return cls(
            labels,
            places(gold, labels),
            answers.indices(labels),
            rightness(answers, gold),
            None if sure is None else answers.matrix(labels),
            sure,
        )

    @cached_property
    def mass_bins(self) -> NDArray[np.intp]:
        """The bin of equal mass that each answer's confidence lies in; -1 for no answer."""
        assert self.sure is not None
        answered = np.flatnonzero(self.said >= 0)
        sure = self.sure[answered]
        surer_than = np.searchsorted(np.sort(sure), sure)
        bins = np.full(len(self.said), -1)
        bins[answered] = surer_than * MASS_BINS // max(len(sure), 1)
        return bins


def rightness(answers: Answers, gold: Sequence[str]) -> Floats:
    """1 where the answer is the gold label, else 0; shape ``[texts]``."""
    if not len(gold):
        raise UnderdogError("there is no labelled text to score answers on", "add labelled rows")
    return np.array([a == b for a, b in zip(answers.values, gold, strict=True)], dtype=np.float64)


def abstained(answers: Answers) -> NDArray[np.bool_]:
    """Which answers name no label, shape ``[texts]``."""
    return np.array([value == ABSTAIN for value in answers.values], dtype=np.bool_)


def sureness(answers: Answers) -> Floats | None:
    """The probability of each answered label, 0 for abstentions; None where any is unknown.

    Of answers that are no single label, ``Answers.sure``.
    """
    if answers.sure is not None:
        return None if np.isnan(answers.sure[~abstained(answers)]).any() else answers.confidence
    if answers.probs is None:
        return None
    said = answers.indices(answers.labels)
    sure = np.where(said < 0, 0.0, answers.probs[np.arange(len(said)), said])
    return None if np.isnan(sure).any() or ((said < 0) & ~abstained(answers)).any() else sure


def label_scores(columns: AnswerArrays, weights: Floats) -> dict[str, Floats]:
    """The scores that need no probabilities."""
    k, ones = len(columns.labels), np.ones(len(columns.gold))
    gold = group_sums(columns.gold, k, ones, weights)
    said = group_sums(columns.said, k, ones, weights)
    hits = group_sums(columns.gold, k, columns.right, weights)
    f1 = _ratio(2 * hits, gold + said)
    never = np.bincount(columns.gold, minlength=k) == 0
    counted = (gold > 0) | ((said > 0) & never[:, None])
    macro = counted / counted.sum(axis=0)
    return {
        "accuracy": hits.sum(axis=0) / gold.sum(axis=0),
        "macro_f1": (f1 * macro).sum(axis=0),
        "weighted_f1": (f1 * gold).sum(axis=0) / gold.sum(axis=0),
        "macro_precision": (_ratio(hits, said) * macro).sum(axis=0),
        "macro_recall": (_ratio(hits, gold) * macro).sum(axis=0),
        "mcc": _mcc(gold, said, hits),
    }


def _mcc(gold: Floats, said: Floats, hits: Floats) -> Floats:
    """Matthews' correlation of answers and gold labels (Gorodkin, CBAC 2004), 0 if undefined.

    All three count texts by label, ``[labels, resamples]``; an answer that is none of the labels
    is a label that no text has.
    """
    texts = gold.sum(axis=0)
    other = texts - said.sum(axis=0)
    covariance = texts * hits.sum(axis=0) - (gold * said).sum(axis=0)
    apart = np.sqrt(texts**2 - (gold**2).sum(axis=0))
    varied = np.sqrt(texts**2 - (said**2).sum(axis=0) - other**2)
    return _ratio(covariance, apart * varied)


def log_loss(columns: AnswerArrays, weights: Floats) -> Floats | None:
    """Minus the mean logarithm of the gold label's probability, clipped as scikit-learn does."""
    if columns.probs is None:
        return None
    tiny = np.finfo(np.float64).eps
    given = columns.probs[np.arange(len(columns.gold)), columns.gold]
    loss: Floats = -np.log(np.clip(given, tiny, 1 - tiny))
    return np.asarray(loss @ weights / weights.sum(axis=0), dtype=np.float64)


def calibration_gaps(columns: AnswerArrays, weights: Floats) -> Floats | None:
    """Confidence minus accuracy in bins of equal mass, ``[MASS_BINS, resamples]``.

    Each is weighted by its bin's share of the answers: the calibration error is the sum of
    their absolute values. None where there is no confidence to judge.
    """
    if columns.sure is None or not (columns.said >= 0).any():
        return None
    bins = columns.mass_bins
    gaps = group_sums(bins, MASS_BINS, columns.sure - columns.right, weights)
    answered = (bins >= 0).astype(np.float64) @ weights
    return np.asarray(gaps / np.maximum(answered, 1.0), dtype=np.float64)


def auroc(columns: AnswerArrays, weights: Floats) -> Floats | None:
    """Macro AUROC, one against rest; NaN where every text has the same label.

    For each label, its texts' scores cut the line into points and gaps; the weight of the other
    texts in each of them is all that the probability of a right ranking needs.
    """
    if columns.probs is None:
        return None
    total, counted = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    for k in [1] if len(columns.labels) == 2 else range(len(columns.labels)):
        ranked = ranking(columns.probs[:, k], columns.gold == k, weights)
        total += np.nan_to_num(ranked)
        counted += ~np.isnan(ranked)
    return np.where(counted > 0, total / np.maximum(counted, 1), np.nan)


def ranking(score: Floats, mine: NDArray[np.bool_], weights: Floats) -> Floats:
    """The AUROC of ``score`` ``[texts]`` for the texts that are ``mine``, ``[resamples]``.

    The chance that one of these scores above one of the others, ties counting half. NaN where
    there are none of either.
    """
    ones = np.ones(len(score))
    cuts = np.unique(score[mine])
    place = np.searchsorted(cuts, score, "left") + np.searchsorted(cuts, score, "right")
    has = group_sums(np.where(mine, place, -1), 2 * len(cuts) + 1, ones, weights)[1::2]
    has_not = group_sums(np.where(mine, -1, place), 2 * len(cuts) + 1, ones, weights)
    below = np.cumsum(has_not, axis=0)[0:-1:2] + has_not[1::2] / 2
    pairs = has.sum(axis=0) * has_not.sum(axis=0)
    return np.where(pairs > 0, _ratio((has * below).sum(axis=0), pairs), np.nan)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Zero where there is nothing to divide by, as ``zero_division=0`` has it."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
