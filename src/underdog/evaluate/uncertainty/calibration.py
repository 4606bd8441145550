"""Scores as probabilities: by a logistic curve, or by steps that never fall (isotonic)."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats

Curve = Callable[[Floats], Floats]
"""From scores ``[answers]`` to probabilities ``[answers]``."""

BINS = 15
LEAST = 1e-6


def logistic(score: Floats, right: NDArray[np.bool_]) -> Curve:
    """A factor, which may be negative, and a shift of the scaled score (Platt, 1999)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    middle, spread = score.mean(), score.std() or 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(C=100.0).fit((score - middle)[:, None] / spread, right)
    factor, shift = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    return lambda x: 1 / (1 + np.exp(-np.clip(factor * (x - middle) / spread + shift, -50, 50)))


def isotonic(score: Floats, right: NDArray[np.bool_]) -> Curve:
    """How often answers of that score were right, never falling (Zadrozny & Elkan, KDD 2002)."""
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(score) + 2)
    rule = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    rule.fit(score, right.astype(np.float64))
    return lambda x: np.asarray(rule.predict(x), np.float64)


METHODS: dict[str, Callable[[Floats, NDArray[np.bool_]], Curve]] = {
    "logistic": logistic,
    "isotonic": isotonic,
}


def calibrated(
    score: Floats, right: NDArray[np.bool_], fold: NDArray[np.intp]
) -> tuple[str, Floats]:
    """The better method by log loss, and its probability for each answer, ``[answers]``.

    Each of the folds ``fold`` ``[answers]`` gets probabilities from the others; a part in which all
    are right, or none, gets its own rate.
    """
    made = {name: _held_out(make, score, right, fold) for name, make in METHODS.items()}
    name = min(made, key=lambda one: _log_loss(made[one], right))
    return name, made[name]


def expected_calibration_error(p: Floats, right: NDArray[np.bool_]) -> float:
    """The mean distance of probability and rate over `BINS` equal bins of probability, weighted.

    Guo et al., ICML 2017.
    """
    bin_of = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bin_of, weights=p - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(p))


def _held_out(
    make: Callable[[Floats, NDArray[np.bool_]], Curve],
    score: Floats,
    right: NDArray[np.bool_],
    fold: NDArray[np.intp],
) -> Floats:
    p = np.zeros(len(score))
    for k in np.unique(fold):
        learn, check = fold != k, fold == k
        y = right[learn]
        if not len(y) or y.all() or not y.any():
            p[check] = (y.sum() + 1) / (len(y) + 2)
        else:
            p[check] = make(score[learn], y)(score[check])
    return p


def _log_loss(p: Floats, right: NDArray[np.bool_]) -> float:
    chance = np.clip(np.where(right, p, 1 - p), LEAST, 1.0)
    return float(-np.log(chance).mean())
