"""How good answers are: scores, their bootstrap intervals, and the tables behind the plots.

An abstention (value ``""``) is a wrong answer. Probabilities are judged only where every answer
that is not an abstention came with them; else the scores that need them are None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats
from .graded import Measured
from .resample import bootstrap, group_sums
from .weighted import (
    AnswerArrays,
    abstained,
    auroc,
    calibration_gaps,
    label_scores,
    log_loss,
    rightness,
    sureness,
)

SCORES = (
    "accuracy",
    "macro_f1",
    "weighted_f1",
    "macro_precision",
    "macro_recall",
    "mcc",
    "auroc",
    "log_loss",
    "calibration_error",
)
"""The names of the scores, in the order of every table."""

_RANKINGS = 400_000_000
"""Texts times labels times resamples that AUROC's interval may take: about a second."""


MATRIX_LABELS, MISTAKES = 100, 100
"""The most labels of a confusion matrix that is kept whole; and how many mistakes are, of more."""


def scores(
    answers: Answers, gold: Sequence[str], labels: tuple[str, ...]
) -> dict[str, float | None]:
    """Every score of a column of answers, in the order of `SCORES`; None where unknown.

    All but the calibration error equal scikit-learn's, with ``zero_division=0``. Macro averages
    run over the labels that occur in ``gold`` or among the answers. AUROC is one against rest,
    averaged over the labels that some texts have and some have not; of two labels it ranks by
    the second alone. An abstention's probabilities are uniform. The calibration error is the
    expected one, with 15 bins of equal mass, over the confidence of the answered
    label (Naeini et al., AAAI 2015; equal mass: Nixon et al., CVPR workshops 2019); equal
    confidences share a bin, and abstentions, which claim nothing, are left out.
    """
    return _scores(AnswerArrays.of(answers, gold, labels))


def measured(
    answers: Answers, gold: Sequence[str], labels: tuple[str, ...], clusters: Sequence[str]
) -> Measured:
    """`scores`, `intervals`, `recall` and `recall_intervals`, from columns that are built once."""
    columns = AnswerArrays.of(answers, gold, labels)
    return Measured(
        _scores(columns),
        _intervals(columns, clusters),
        _recall(columns),
        _recall_intervals(columns, clusters),
    )


def _scores(columns: AnswerArrays) -> dict[str, float | None]:
    whole = np.ones((len(columns.gold), 1))
    gaps = calibration_gaps(columns, whole)
    found: dict[str, Floats | None] = {
        **label_scores(columns, whole),
        "auroc": auroc(columns, whole),
        "log_loss": log_loss(columns, whole),
        "calibration_error": None if gaps is None else np.abs(gaps).sum(axis=0),
    }
    return {name: _number(found[name]) for name in SCORES}


def recall(
    answers: Answers, gold: Sequence[str], labels: tuple[str, ...]
) -> dict[str, float | None]:
    """The share of each label's texts that got it; None for a label that no text has."""
    return _recall(AnswerArrays.of(answers, gold, labels))


def _recall(columns: AnswerArrays) -> dict[str, float | None]:
    labels = columns.labels
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
    """A bootstrap interval for each score that is known: the percentiles of ``resamples``.

    Texts are drawn by ``clusters`` (each text its own if None). A label that a resample missed
    is left out of its macro averages, so that rare labels do not drag the interval down.
    AUROC uses fewer resamples, never below 200, where a thousand would take seconds. The
    calibration error of a sample is too large on average, and a resample's twice so: its
    percentiles are reflected about the score (the basic bootstrap), and the interval starts at
    0 where noise alone explains the score. Does not tell how much training would vary.
    """
    return _intervals(AnswerArrays.of(answers, gold, labels), clusters, seed, resamples, level)


def _intervals(
    columns: AnswerArrays,
    clusters: Sequence[str] | None,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    drawn = _drawn(columns, bootstrap(len(columns.gold), clusters, resamples, seed))
    tails = [(1 - level) / 2, (1 + level) / 2]
    spans = {}
    for name in SCORES:
        values = np.concatenate(drawn.get(name, [np.empty(0)]), axis=-1)
        if name == "calibration_error" and values.size:
            spans[name] = _calibration_interval(columns, values, tails)
        elif span := _percentiles(values, tails):
            spans[name] = span
    return spans


def recall_intervals(
    answers: Answers,
    gold: Sequence[str],
    labels: tuple[str, ...],
    clusters: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """A bootstrap interval for each label's recall, drawn as in `intervals`.

    A label that no text has is left out, and so is, within a resample, one that it missed.
    """
    columns = AnswerArrays.of(answers, gold, labels)
    return _recall_intervals(columns, clusters, seed, resamples, level)


def _recall_intervals(
    columns: AnswerArrays,
    clusters: Sequence[str] | None,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    labels = columns.labels
    k, ones = len(labels), np.ones(len(columns.gold))
    blocks = bootstrap(len(columns.gold), clusters, resamples, seed)
    with np.errstate(invalid="ignore"):
        shares = [
            group_sums(columns.gold, k, columns.right, weights)
            / group_sums(columns.gold, k, ones, weights)
            for weights in blocks
        ]
    drawn = np.concatenate(shares, axis=1)
    tails = [(1 - level) / 2, (1 + level) / 2]
    spans = {label: _percentiles(row, tails) for label, row in zip(labels, drawn, strict=True)}
    return {label: span for label, span in spans.items() if span is not None}


def _percentiles(values: Floats, tails: Sequence[float]) -> tuple[float, float] | None:
    """The span of the resamples that have a value; None where none has."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, tails).tolist()
    return low, high


def _drawn(columns: AnswerArrays, blocks: Iterator[Floats]) -> dict[str, list[Floats]]:
    """The resampled scores, block by block; of the calibration error, the gaps of its bins."""
    rankings = max(200, _RANKINGS // (len(columns.gold) * len(columns.labels)))
    drawn: dict[str, list[Floats]] = {}
    for weights in blocks:
        found: dict[str, Floats | None] = {
            **label_scores(columns, weights),
            "log_loss": log_loss(columns, weights),
            "calibration_error": calibration_gaps(columns, weights),
        }
        if rankings > 0:
            found["auroc"] = auroc(columns, weights[:, :rankings])
            rankings -= weights.shape[1]
        for name, values in found.items():
            if values is not None:
                drawn.setdefault(name, []).append(values)
    return drawn


def _calibration_interval(
    columns: AnswerArrays, gaps: Floats, tails: list[float]
) -> tuple[float, float]:
    """From the bins' gaps in each resample, ``[bins, resamples]``."""
    seen = calibration_gaps(columns, np.ones((len(columns.gold), 1)))
    assert seen is not None
    error = float(np.abs(seen).sum())
    low, high = np.quantile(np.abs(gaps).sum(axis=0), tails).tolist()
    noise = float(np.quantile(np.abs(gaps - seen).sum(axis=0), tails[1]))
    start = 0.0 if error <= noise else max(0.0, 2 * error - high)
    return start, max(0.0, 2 * error - low)


def confusion(answers: Answers, gold: Sequence[str], labels: tuple[str, ...]) -> dict[str, Any]:
    """How often each label (rows: gold) was given each answer (columns: answered).

    The last column, ``""``, counts abstentions and answers that are none of the labels. With more
    than `MATRIX_LABELS` labels the ``counts`` are left out, and ``mistakes`` list the most
    frequent ones in their place: gold label, answer, how many texts, of how many.
    """
    columns = AnswerArrays.of(answers, gold, labels)
    wide = len(labels) + 1
    said = np.where(columns.said < 0, len(labels), columns.said)
    cells = columns.gold * wide + said
    names = [*labels, ABSTAIN]
    found: dict[str, Any] = {"labels": list(labels), "columns": names}
    if len(labels) <= MATRIX_LABELS:
        counts = np.bincount(cells, minlength=len(labels) * wide)
        return {**found, "counts": counts.reshape(len(labels), wide).tolist()}
    texts = np.bincount(columns.gold, minlength=len(labels)).tolist()
    wrong, times = np.unique(cells[columns.gold != said], return_counts=True)
    most = np.argsort(-times, kind="stable")[:MISTAKES]
    pairs = [
        (*divmod(cell, wide), n)
        for cell, n in zip(wrong[most].tolist(), times[most].tolist(), strict=True)
    ]
    return {**found, "mistakes": [[names[i], names[j], n, texts[i]] for i, j, n in pairs]}


def reliability(
    answers: Answers, gold: Sequence[str], bins: int = 10
) -> list[dict[str, float]] | None:
    """Confidence beside accuracy, in ``bins`` of equal width; None without probabilities.

    Bins are closed below and open above, but for the last. Empty bins and abstentions are left
    out.
    """
    if (sure := sureness(answers)) is None:
        return None
    right = rightness(answers, gold)
    bin_of = np.minimum((sure * bins).astype(np.intp), bins - 1)
    bin_of[abstained(answers)] = -1
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


def risk_coverage(
    answers: Answers, gold: Sequence[str], grades: Floats | None = None
) -> list[dict[str, float]] | None:
    """Accuracy on the share of texts that the model is surest of, in 20 steps up to all of them.

    ``grades``, ``[texts]``, stand in for equality if given. None without probabilities. Of
    equally sure answers none comes first: each counts as their mean (El-Yaniv & Wiener, JMLR
    2010). Abstentions come last.
    """
    if (sure := sureness(answers)) is None:
        return None
    _, tie, size = np.unique(-sure, return_inverse=True, return_counts=True)
    each = rightness(answers, gold) if grades is None else grades
    right = np.bincount(tie, weights=each) / size
    running = np.cumsum(np.repeat(right, size))
    taken = [-(-len(sure) * step // 20) for step in range(1, 21)]
    return [
        {"coverage": step / 20, "accuracy": float(running[n - 1] / n)}
        for step, n in enumerate(taken, start=1)
    ]


def _number(values: Floats | None) -> float | None:
    return None if values is None or np.isnan(values[0]) else float(values[0])
