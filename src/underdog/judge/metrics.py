"""How good answers are: scores, their bootstrap intervals, and the tables behind the plots.

An abstention (value ``""``) is a wrong answer. Probabilities are judged only where every answer
that is not an abstention came with them; else the scores that need them are None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats
from ..core.errors import UnderdogError
from .resample import bootstrap, group_sums

SCORES = (
    "accuracy",
    "macro_f1",
    "weighted_f1",
    "macro_precision",
    "macro_recall",
    "auroc",
    "log_loss",
    "calibration_error",
)
"""The names of the scores, in the order of every table."""

MASS_BINS = 15
"""Bins of the calibration error; each holds as many answers as the next."""

_RANKINGS = 400_000_000
"""Texts times labels times resamples that AUROC's interval may take: about a second."""


@dataclass(frozen=True, eq=False)
class _Columns:
    """Labels as places among ``labels``, shape ``[texts]``; -1 stands for no label.

    ``probs`` has the shape ``[texts, labels]``. ``sure`` is the probability of the answered
    label, shape ``[texts]``, 0 for an abstention. Both are None where they are not known.
    """

    labels: tuple[str, ...]
    gold: NDArray[np.intp]
    said: NDArray[np.intp]
    right: Floats
    probs: Floats | None
    sure: Floats | None


def scores(
    answers: Answers, gold: Sequence[str], labels: tuple[str, ...]
) -> dict[str, float | None]:
    """Every score of a column of answers, in the order of `SCORES`; None where unknown.

    All but the calibration error equal scikit-learn's, with ``zero_division=0``. Macro averages
    run over the labels that occur in ``gold`` or among the answers. AUROC is one against rest,
    averaged over the labels that some texts have and some have not; of two labels it ranks by
    the second alone. An abstention's probabilities are uniform. The calibration error is the
    expected one, with `MASS_BINS` bins of equal mass, over the confidence of the answered
    label (Naeini et al., AAAI 2015; equal mass: Nixon et al., CVPR workshops 2019); equal
    confidences share a bin, and abstentions, which claim nothing, are left out.
    """
    columns = _columns(answers, gold, labels)
    whole = np.ones((len(answers), 1))
    found = {**_of_labels(columns, whole), **_of_probs(columns, whole), "auroc": None}
    if columns.probs is not None:
        found["auroc"] = _auroc(columns, whole)
    return {name: _number(found.get(name)) for name in SCORES}


def recall(
    answers: Answers, gold: Sequence[str], labels: tuple[str, ...]
) -> dict[str, float | None]:
    """The share of each label's texts that got it; None for a label that no text has."""
    columns = _columns(answers, gold, labels)
    texts = np.bincount(columns.gold, minlength=len(labels)).tolist()
    hits = np.bincount(columns.gold, weights=columns.right, minlength=len(labels)).tolist()
    return {label: h / n if n else None for label, h, n in zip(labels, hits, texts, strict=True)}


def intervals(
    answers: Answers,
    gold: Sequence[str],
    labels: tuple[str, ...],
    clusters: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """A percentile bootstrap interval for each score that is known.

    Texts are drawn by ``clusters`` (each text its own if None). A label that a resample missed
    is left out of its macro averages, so that rare labels do not drag the interval down.
    AUROC uses fewer resamples, never below 200, where a thousand would take seconds.
    """
    columns = _columns(answers, gold, labels)
    rankings = max(200, _RANKINGS // (len(answers) * len(labels)))
    drawn: dict[str, list[Floats]] = {}
    for weights in bootstrap(len(answers), clusters, resamples, seed):
        found = {**_of_labels(columns, weights), **_of_probs(columns, weights)}
        if columns.probs is not None and rankings > 0:
            found["auroc"] = _auroc(columns, weights[:, :rankings])
            rankings -= weights.shape[1]
        for name, values in found.items():
            drawn.setdefault(name, []).append(values)
    tails = [(1 - level) / 2, (1 + level) / 2]
    spans = {}
    for name in SCORES:
        values = np.concatenate(drawn.get(name, [np.empty(0)]))
        if len(values := values[~np.isnan(values)]):
            low, high = np.quantile(values, tails).tolist()
            spans[name] = (low, high)
    return spans


def confusion(answers: Answers, gold: Sequence[str], labels: tuple[str, ...]) -> dict[str, Any]:
    """How often each label (rows: gold) was given each answer (columns: answered).

    The last column, ``""``, counts abstentions and answers that are none of the labels.
    """
    columns = _columns(answers, gold, labels)
    wide = len(labels) + 1
    said = np.where(columns.said < 0, len(labels), columns.said)
    counts = np.bincount(columns.gold * wide + said, minlength=len(labels) * wide)
    return {
        "labels": list(labels),
        "columns": [*labels, ABSTAIN],
        "counts": counts.reshape(len(labels), wide).tolist(),
    }


def reliability(
    answers: Answers, gold: Sequence[str], bins: int = 10
) -> list[dict[str, float]] | None:
    """Confidence beside accuracy, in ``bins`` of equal width; None without probabilities.

    Bins are closed below and open above, but for the last. Empty bins and abstentions are left
    out.
    """
    if (sure := _sureness(answers)) is None:
        return None
    right = _right(answers, gold)
    bin_of = np.where(_abstained(answers), -1, np.minimum((sure * bins).astype(np.intp), bins - 1))
    return [
        {
            "low": b / bins,
            "high": (b + 1) / bins,
            "confidence": float(sure[mine].mean()),
            "accuracy": float(right[mine].mean()),
            "count": int(mine.sum()),
        }
        for b in range(bins)
        if (mine := bin_of == b).any()
    ]


def risk_coverage(answers: Answers, gold: Sequence[str]) -> list[dict[str, float]] | None:
    """Accuracy on the share of texts that the model is surest of, in 20 steps up to all of them.

    None without probabilities. Of equally sure answers none comes first: each counts as their
    mean (El-Yaniv & Wiener, JMLR 2010). Abstentions come last.
    """
    if (sure := _sureness(answers)) is None:
        return None
    _, tie, size = np.unique(-sure, return_inverse=True, return_counts=True)
    right = np.bincount(tie, weights=_right(answers, gold)) / size
    running = np.cumsum(np.repeat(right, size))
    taken = [-(-len(sure) * step // 20) for step in range(1, 21)]
    return [
        {"coverage": step / 20, "accuracy": float(running[n - 1] / n)}
        for step, n in enumerate(taken, start=1)
    ]


def _columns(answers: Answers, gold: Sequence[str], labels: tuple[str, ...]) -> _Columns:
    where = {label: k for k, label in enumerate(labels)}
    if strange := set(gold) - set(labels):
        known = ", ".join(map(repr, labels))
        raise UnderdogError(f"{min(strange)!r} is no label of this task", f"labels: {known}")
    right, sure = _right(answers, gold), _sureness(answers)
    return _Columns(
        labels,
        np.array([where[label] for label in gold], dtype=np.intp),
        np.array([where.get(value, -1) for value in answers.values], dtype=np.intp),
        right,
        None if sure is None else answers.matrix(labels),
        sure,
    )


def _right(answers: Answers, gold: Sequence[str]) -> Floats:
    if not len(gold):
        raise UnderdogError("there is no labelled text to score answers on", "add labelled rows")
    return np.array([a == b for a, b in zip(answers.values, gold, strict=True)], dtype=np.float64)


def _abstained(answers: Answers) -> NDArray[np.bool_]:
    return np.array([value == ABSTAIN for value in answers.values], dtype=np.bool_)


def _sureness(answers: Answers) -> Floats | None:
    """The probability of each answered label, 0 for abstentions; None where any is unknown."""
    if answers.probs is None:
        return None
    where = {label: k for k, label in enumerate(answers.labels)}
    said = np.array([where.get(value, -1) for value in answers.values], dtype=np.intp)
    sure = np.where(said < 0, 0.0, answers.probs[np.arange(len(said)), said])
    return None if np.isnan(sure).any() or ((said < 0) & ~_abstained(answers)).any() else sure


def _of_labels(columns: _Columns, weights: Floats) -> dict[str, Floats]:
    """The scores that need no probabilities, each of shape ``[resamples]``."""
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
    }


def _of_probs(columns: _Columns, weights: Floats) -> dict[str, Floats]:
    """The scores of probabilities but AUROC, each of shape ``[resamples]``."""
    if columns.probs is None or columns.sure is None:
        return {}
    tiny = np.finfo(np.float64).eps
    given = columns.probs[np.arange(len(columns.gold)), columns.gold]
    loss = -np.log(np.clip(given, tiny, 1 - tiny))
    found = {"log_loss": loss @ weights / weights.sum(axis=0)}
    if len(answered := np.flatnonzero(columns.said >= 0)):
        sure, weights = columns.sure[answered], weights[answered]
        surer_than = np.searchsorted(np.sort(sure), sure)
        gap = sure - columns.right[answered]
        gaps = group_sums(surer_than * MASS_BINS // len(sure), MASS_BINS, gap, weights)
        found["calibration_error"] = _ratio(np.abs(gaps).sum(axis=0), weights.sum(axis=0))
    return found


def _auroc(columns: _Columns, weights: Floats) -> Floats:
    """Macro AUROC, shape ``[resamples]``; NaN where every text has the same label.

    For each label, its texts' scores cut the line into points and gaps; the weight of the other
    texts in each of them is all that the probability of a right ranking needs.
    """
    assert columns.probs is not None
    total, counted = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    ones = np.ones(len(columns.gold))
    for k in [1] if len(columns.labels) == 2 else range(len(columns.labels)):
        score, mine = columns.probs[:, k], columns.gold == k
        cuts = np.unique(score[mine])
        place = np.searchsorted(cuts, score, "left") + np.searchsorted(cuts, score, "right")
        has = group_sums(np.where(mine, place, -1), 2 * len(cuts) + 1, ones, weights)[1::2]
        has_not = group_sums(np.where(mine, -1, place), 2 * len(cuts) + 1, ones, weights)
        below = np.cumsum(has_not, axis=0)[0:-1:2] + has_not[1::2] / 2
        pairs = has.sum(axis=0) * has_not.sum(axis=0)
        total += _ratio((has * below).sum(axis=0), pairs)
        counted += pairs > 0
    return np.where(counted > 0, total / np.maximum(counted, 1), np.nan)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Zero where there is nothing to divide by, as ``zero_division=0`` has it."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _number(values: Floats | None) -> float | None:
    return None if values is None or np.isnan(values[0]) else float(values[0])
