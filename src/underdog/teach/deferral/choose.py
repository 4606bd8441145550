"""Choosing, inside the training part, what a cascade shall take for confidence."""

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
from ...runtime.out_of_fold import Fold
from ...runtime.registry import build

FREE = ("probability", "margin", "entropy")
NAMES = (*FREE, "acceptor", "nearest")
ACCEPTOR = "linear()"
BETTING = 1.3
"""How much wider than an exact binomial bound two betting bounds are together, about."""


def aurc(sure: Floats, right: NDArray[np.bool_]) -> float:
    """The area under the risk-coverage curve (Geifman et al., ICLR 2019); smaller is better.

    Ties in confidence share their mean error, so that the order of the rows does not matter.
    """
    values, place = np.unique(-sure, return_inverse=True)
    wrong = np.bincount(place, weights=~right, minlength=len(values))
    size = np.bincount(place, minlength=len(values))
    each = np.repeat(wrong / size, size)
    return float((np.cumsum(each) / np.arange(1, len(each) + 1)).mean())


def temperature(folds: Sequence[Fold]) -> float:
    """The temperature that fits the cross-fitted probabilities best; 1 where there are none.

    Scikit-learn's temperature scaling (Guo et al., ICML 2017).
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


def chosen(folds: Sequence[Fold], wanted: str | None, data: Dataset, seed: int) -> Confidence:
    """The signal called ``wanted``, or that with the best risk-coverage curve on ``folds``.

    Left to itself it chooses among those that cost no time: `FREE`.
    """
    if wanted is not None and wanted not in NAMES:
        raise UnderdogError(f"no confidence is called {wanted!r}", f"one of: {', '.join(NAMES)}")
    if wanted == "nearest":
        return Nearest.of(data)
    if wanted == "acceptor":
        return Verifier(_acceptor(folds, seed))
    heat = temperature(folds)
    free: dict[str, Confidence] = {
        "probability": Probability(heat),
        "margin": Margin(heat),
        "entropy": Entropy(heat),
    }
    if wanted is not None:
        return free[wanted]
    right = np.concatenate([fold.right for fold in folds])
    areas = {name: aurc(weighed(signal, folds), right) for name, signal in free.items()}
    return free[min(areas, key=lambda name: areas[name])]


def weighed(signal: Confidence, folds: Sequence[Fold]) -> Floats:
    """How sure ``signal`` is of the cross-fitted answers, fold after fold."""
    return np.concatenate([signal.weigh(f.test.texts, f.answers)[1] for f in folds])


def tighter(folds: Sequence[Fold], train: Dataset, large: Model, gold: int, rest: int) -> str:
    """Whether ``"gold"`` labels alone, or ``"both"`` they and the large model, bound a risk best.

    Compares the widths to be expected from ``gold`` rows with a label and ``rest`` without one,
    guessed from the labelled rows of ``train`` and their cross-fitted answers; the rows that
    certify are not looked at. Asks the large model about those rows.
    """
    known = {t: y for t, y in zip(train.texts, train.labels, strict=True) if y is not None}
    said = {t: v for f in folds for t, v in zip(f.test.texts, f.answers.values, strict=True)}
    texts = [text for text in known if text in said]
    if not (texts and gold and rest):
        return "gold"
    asked = large.answer(texts).values
    wrong = np.array([said[text] != known[text] for text in texts], float)
    disputed = np.array([said[t] != v for t, v in zip(texts, asked, strict=True)], float)
    alone = np.sqrt(wrong.var() / gold)
    helped = np.sqrt((wrong - disputed).var() / gold) + np.sqrt(disputed.var() / rest)
    return "both" if BETTING * helped < alone else "gold"


def _acceptor(folds: Sequence[Fold], seed: int) -> Any:
    """A model of pairs (text, answer) that learned from the cross-fitted answers' mistakes."""
    claims, verdicts = [], []
    for fold in folds:
        for text, said, right in zip(fold.test.texts, fold.answers.values, fold.right, strict=True):
            claims.append(claim(text, said))
            verdicts.append(RIGHT if right else WRONG)
    if len(set(verdicts)) < 2:
        raise UnderdogError(
            "an acceptor learns from mistakes, and there are none to learn from",
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
