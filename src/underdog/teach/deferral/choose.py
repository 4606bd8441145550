"""Choosing a confidence score by cross-validation inside the training part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...combine.confidence import (
    RIGHT,
    WRONG,
    Confidence,
    Entropy,
    Margin,
    Nearest,
    Probability,
    Verifier,
    claim,
)
from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...core.task import require_kind
from ...runtime.out_of_fold import Fold
from ...runtime.registry import build

FREE = ("probability", "margin", "entropy")
NAMES = (*FREE, "acceptor", "nearest")
ACCEPTOR = "linear()"
BETTING = 1.3
"""Roughly how much wider two betting bounds together are than one exact binomial bound."""


def aurc(sure: Floats, right: Floats) -> float:
    """The area under the risk-coverage curve (Geifman et al., ICLR 2019); smaller is better.

    ``sure`` and the grades ``right`` have the shape ``[rows]``. Rows of equal confidence share
    their mean error, so that their order does not matter.
    """
    values, place = np.unique(-sure, return_inverse=True)
    wrong = np.bincount(place, weights=1.0 - right, minlength=len(values))
    size = np.bincount(place, minlength=len(values))
    each = np.repeat(wrong / size, size)
    return float((np.cumsum(each) / np.arange(1, len(each) + 1)).mean())


def temperature(folds: Sequence[Fold]) -> float:
    """The temperature with the least log loss on held-out probabilities; 1 without probabilities.

    Scikit-learn's temperature scaling (Guo et al., "On calibration of modern neural networks",
    ICML 2017).
    """
    logits, targets = [], []
    for fold in folds:
        if fold.answers.probs is None or fold.answers.labels != fold.test.task.labels:
            return 1.0
        known = (fold.test.targets >= 0) & ~np.isnan(fold.answers.probs).any(axis=1)
        logits.append(np.log(np.maximum(fold.answers.probs[known], 1e-12)))
        targets.append(fold.test.targets[known])
    scores, gold = np.concatenate(logits), np.concatenate(targets)
    seen, places = np.unique(gold, return_inverse=True)  # scikit-learn wants every class to occur
    return _scaled(scores[:, seen], places) if len(seen) > 1 else 1.0


def choose_confidence(
    folds: Sequence[Fold], wanted: str | None, data: Dataset, seed: int
) -> Confidence:
    """The confidence called ``wanted``, or that with the best risk-coverage curve on ``folds``.

    Raises `UnderdogError` for an unknown name.
    """
    options = confidence_options(folds, wanted, data, seed)
    if len(options) == 1:
        return options[0]
    right = np.concatenate([fold.right for fold in folds])
    return min(options, key=lambda signal: aurc(confidences(signal, folds), right))


def confidence_options(
    folds: Sequence[Fold], wanted: str | None, data: Dataset, seed: int
) -> list[Confidence]:
    """The confidence called ``wanted``; if None, those in `FREE`, which take no time.

    Temperatures are fitted on ``folds``. Raises `UnderdogError` for an unknown name.
    """
    if wanted is not None and wanted not in NAMES:
        raise UnderdogError(f"no confidence is called {wanted!r}", f"one of: {', '.join(NAMES)}")
    if wanted == "nearest":
        require_kind(data.task, "sure='nearest'", "label")
        return [Nearest.of(data)]
    if wanted == "acceptor":
        return [Verifier(_acceptor(folds, seed))]
    heat = temperature(folds)
    free: dict[str, Confidence] = {
        "probability": Probability(heat),
        "margin": Margin(heat),
        "entropy": Entropy(heat),
    }
    return list(free.values()) if wanted is None else [free[wanted]]


def confidences(signal: Confidence, folds: Sequence[Fold]) -> Floats:
    """The confidence of the held-out answers by ``signal``, fold after fold, shape ``[rows]``."""
    return np.concatenate([signal.weigh(f.test.texts, f.answers)[1] for f in folds])


def choose_reference(
    folds: Sequence[Fold], train: Dataset, large: Model, gold: int, rest: int
) -> str:
    """Whether few gold labels bound a risk tighter alone ("gold") or helped by ``large`` ("both").

    ``gold`` and ``rest`` are how many of the calibration rows have a gold label and how many do
    not. Compares the spread of the two estimators on held-out answers to the labelled rows of
    ``train``; asks ``large`` about those.
    """
    own = {t: v for f in folds for t, v in zip(f.test.texts, f.answers.values, strict=True)}
    places = {t: i for i, t in enumerate(train.texts) if train.known[i] and t in own}
    if not (places and gold and rest):
        return "gold"
    texts, known = [*places], train.take([*places.values()])
    said = [own[text] for text in texts]
    asked = large.answer(texts).values
    grade = folds[0].grader.grade
    wrong = 1.0 - grade(texts, said, known)
    disputed = 1.0 - np.nan_to_num(grade(texts, said, known.relabelled([v or None for v in asked])))
    alone = np.sqrt(wrong.var() / gold)
    helped = np.sqrt((wrong - disputed).var() / gold) + np.sqrt(disputed.var() / rest)
    return "both" if BETTING * helped < alone else "gold"


def _acceptor(folds: Sequence[Fold], seed: int) -> Any:
    """A verifier of pairs (text, answer), fitted on whether the held-out answers were right."""
    claims, verdicts = [], []
    for fold in folds:
        for text, said, right in zip(fold.test.texts, fold.answers.values, fold.right, strict=True):
            claims.append(claim(text, said))
            verdicts.append(RIGHT if right >= 0.5 else WRONG)
    if len(set(verdicts)) < 2:
        raise UnderdogError(
            "sure='acceptor' learns from mistakes, and the held-out answers have none",
            "use another confidence: sure='probability'",
        )
    return build(ACCEPTOR).fit(Dataset.of(claims, verdicts, "acceptance"), seed)


def _scaled(logits: Floats, targets: NDArray[np.intp]) -> float:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """A classifier whose features are its own decision values."""

        def fit(self, x: Floats, y: NDArray[np.intp]) -> Given:
            self.classes_ = np.arange(x.shape[1])
            return self

        def decision_function(self, x: Floats) -> Floats:
            return (x[:, 1] - x[:, 0]) / 2 if x.shape[1] == 2 else x  # softmax of (-d, d)

        def predict(self, x: Floats) -> NDArray[np.intp]:
            best: NDArray[np.intp] = x.argmax(axis=1)
            return best

    frozen = FrozenEstimator(Given().fit(logits, targets))
    rows = np.arange(len(targets))
    once = [(rows, rows)]  # it fits nothing, and folds would want every label several times
    scaler = CalibratedClassifierCV(frozen, method="temperature", cv=once).fit(logits, targets)
    beta = float(scaler.calibrated_classifiers_[0].calibrators[0].beta_)
    return float(np.clip(1.0 / max(beta, 1e-3), 0.05, 20.0))
