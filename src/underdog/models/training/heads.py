"""From scores to answers: sets of labels by thresholds, and numbers with their expected error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.values import as_number, as_set
from ...runtime.registry import register
from ...runtime.schema import Array, Number

NUMBER_OUTPUTS = ("number", "error")
"""The outputs of a model of numbers: the number, and how far it is expected to be off."""

FEW = 5
"""Held-out examples of a label below which its threshold is that of all labels together."""

DIGITS = 6
"""Significant digits of an answered number."""


class Head(Protocol):
    """Turns the scores of a model that does not choose one label into answers."""

    def answers(
        self, scores: Floats, labels: tuple[str, ...], costs: Floats, *path: str
    ) -> Answers:
        """The answers for ``scores`` ``[texts, outputs]``, said by ``path``."""
        ...

    def logits(self, scores: Floats) -> Floats:
        """The scores ``[texts, outputs]`` on a scale that other models share."""
        ...


@register(
    "head.sets",
    holds={"slope": Number(0, 1e9), "offset": Number(-1e9, 1e9), "thresholds": Array("outputs")},
)
@dataclass(frozen=True, eq=False)
class SetHead:
    """Answers the labels whose probability reaches their threshold.

    A probability is the logistic function of ``slope * score + offset``; ``thresholds`` has the
    shape ``[labels]``. The confidence of a set is its expected overlap with the right one, the
    expected number of shared labels over that of all.
    """

    slope: float
    offset: float
    thresholds: Floats

    def answers(
        self, scores: Floats, labels: tuple[str, ...], costs: Floats, *path: str
    ) -> Answers:
        """The sets for ``scores`` ``[texts, labels]``, each with its expected overlap."""
        probs = self.probabilities(scores)
        chosen = probs >= self.thresholds
        names = np.array(labels, dtype=object)
        values = tuple([as_set(names[row].tolist()) for row in chosen])
        shared = (probs * chosen).sum(axis=1)
        union = chosen.sum(axis=1) + (probs * ~chosen).sum(axis=1)
        empty = np.exp(np.log1p(-np.minimum(probs, 1 - 1e-12)).sum(axis=1))
        sure = np.where(chosen.any(axis=1), shared / np.maximum(union, 1e-12), empty)
        return Answers(values, (), None, costs, (path,) * len(values), sure=sure)

    def logits(self, scores: Floats) -> Floats:
        """The log odds of each label, ``[texts, labels]``, between -20 and 20."""
        return np.asarray((self.slope * scores + self.offset).clip(-20.0, 20.0), np.float64)

    def probabilities(self, scores: Floats) -> Floats:
        """The probability of each label, ``[texts, labels]``; labels do not exclude each other."""
        from scipy.special import expit

        return np.asarray(expit(self.slope * scores + self.offset), np.float64)


@register(
    "head.numbers",
    holds={"centre": Number(), "spread": Number(0), "low": Number(), "high": Number()},
)
@dataclass(frozen=True, eq=False)
class NumberHead:
    """Answers ``centre + spread * score``, within the numbers seen in training.

    The second score is the expected error in units of ``spread``; the confidence of a number falls
    exponentially with it.
    """

    centre: float
    spread: float
    low: float
    high: float

    def answers(
        self, scores: Floats, labels: tuple[str, ...], costs: Floats, *path: str
    ) -> Answers:
        """The numbers for ``scores`` ``[texts, 2]``."""
        numbers = np.clip(self.centre + self.spread * scores[:, 0], self.low, self.high)
        values = tuple([as_number(float(f"{x:.{DIGITS}g}")) for x in numbers.tolist()])
        sure = np.exp(-np.maximum(scores[:, 1], 0.0))
        return Answers(values, (), None, costs, (path,) * len(values), sure=sure)

    def logits(self, scores: Floats) -> Floats:
        """The scores as they are, ``[texts, 2]``: all models count in units of ``spread``."""
        return scores


def fit_set_head(scores: Floats, gold: Floats) -> tuple[SetHead, float]:
    """The head with the best F1 of each label on held-out ``scores``, and the log loss in nats.

    ``scores`` and ``gold`` have the shape ``[examples, labels]``; a score of minus infinity is a
    label that the training part did not show. Thresholds are chosen label by label (Yang, SIGIR
    2001), for a rare label over all labels.
    """
    from sklearn.linear_model import LogisticRegression

    shown = np.isfinite(scores)
    margins, truth = scores[shown], gold[shown] > 0
    slope, offset = 1.0, 0.0
    if 0 < truth.sum() < len(truth):
        fitted = LogisticRegression(C=1e6).fit(margins[:, None], truth)
        slope, offset = max(float(fitted.coef_[0, 0]), 1e-6), float(fitted.intercept_[0])
    head = SetHead(slope, offset, np.full(scores.shape[1], 0.5))
    probs = head.probabilities(scores)
    common = _best_cut(probs.ravel(), gold.ravel() > 0)
    cuts = [
        _best_cut(p, y > 0) if y.sum() >= FEW else common
        for p, y in zip(probs.T, gold.T, strict=True)
    ]
    clipped = probs.clip(1e-12, 1 - 1e-12)
    loss = -(gold * np.log(clipped) + (1 - gold) * np.log1p(-clipped)).mean() if gold.size else 0.0
    return SetHead(slope, offset, np.array(cuts, np.float64)), float(loss)


def head_of(numbers: NumberHead | None, held_out: tuple[Floats, Floats] | None) -> Head | None:
    """The head of a trained network: of ``numbers``, or of sets by ``held_out`` scores and gold.

    Both arrays are ``[rows, labels]``; None where single labels were learned.
    """
    if numbers is not None or held_out is None:
        return numbers
    return fit_set_head(*held_out)[0]


def disagreement(m: Any) -> str:
    """What is wrong with a model ``m`` whose head does not fit its ``labels``."""
    if isinstance(m.head, SetHead) and len(m.head.thresholds) != len(m.labels):
        return "labels and thresholds do not agree"
    if isinstance(m.head, NumberHead) and len(m.labels) != len(NUMBER_OUTPUTS):
        return "a model of numbers has two outputs"
    return ""


def _best_cut(probs: Floats, right: NDArray[np.bool_]) -> float:
    """The threshold, half-way between two probabilities, with the best F1; 0.5 if none is right."""
    if not right.any():
        return 0.5
    order = np.argsort(-probs, kind="stable")
    ranked, hits = probs[order], np.cumsum(right[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])
    ends = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.where(ends, f1, -1.0).argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float(np.clip((ranked[best] + below) / 2, 1e-6, 1 - 1e-6))
