"""Choosing the student, or a pool of several, by the share of texts it would answer itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...combine.confidence import Confidence, Probability
from ...combine.ensemble import Ensemble
from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.graders import EXACT
from ...core.protocols import Grader, Learner, Model, tuned
from ...runtime.out_of_fold import Fold, out_of_fold
from ..bounds import binomial_p
from .certificate import candidates, first_test
from .choose import aurc, confidence_options, confidences
from .guarantees import Guarantee, Risk, Total

FOLDS, FEWER, MANY = 5, 3, 4_000
"""Parts for cross-validation, and how few are enough with so ``MANY`` rows."""

LEAST = 0.05
"""The weight from which on a recipe is worth its computation in a pool."""

DRAWS = 40
"""Bootstrap samples from which an expected coverage is estimated."""


@dataclass(frozen=True, eq=False)
class Student:
    """One or several recipes, the weights of their pool, and a confidence for the answers.

    ``folds`` are the held-out answers of the pool, ``coverage`` the share of texts that it is
    expected to answer itself; NaN if the guarantee is not about errors.
    """

    recipes: tuple[Learner, ...]
    weights: tuple[float, ...]
    folds: tuple[Fold, ...]
    signal: Confidence
    coverage: float = float("nan")

    def fit(self, data: Dataset, seed: int) -> Model:
        """The model fitted on ``data``: the recipe's own, or an `Ensemble` of all recipes'."""
        models = tuple(recipe.fit(data, seed) for recipe in self.recipes)
        if len(models) == 1:
            return models[0]
        return Ensemble(models, data.task.labels, "geometric", self.weights)


@dataclass(frozen=True)
class Goal:
    """What the student is chosen for: a guarantee tested at level ``delta`` on ``n`` rows.

    ``guarantee`` is None where errors do not matter: then the risk-coverage curve decides.
    """

    guarantee: Guarantee | None
    delta: float
    n: int


def choose_student(
    recipes: Sequence[Learner],
    data: Dataset,
    goal: Goal,
    wanted: str | None,
    seed: int,
    grader: Grader = EXACT,
) -> Student:
    """The student and confidence with the largest expected coverage under the goal's guarantee.

    Candidates are every recipe alone and, if there are several, their pools (normalised geometric
    mean) with equal and with fitted weights. All are compared on held-out answers inside ``data``,
    which must not contain calibration rows. Hyper-parameters are chosen once, on all of ``data``.
    ``wanted`` names the confidence, and ``grader`` grades answers; only single labels are pooled.
    Ties go to the better risk-coverage curve.
    """
    fixed = [tuned(recipe, data, seed) for recipe in recipes]
    parts = FOLDS if len(data) < MANY else FEWER
    each = [tuple(out_of_fold(recipe, data, parts, seed, grader=grader)) for recipe in fixed]
    options: list[tuple[tuple[Learner, ...], tuple[float, ...], tuple[Fold, ...]]] = [
        ((recipe,), (), folds) for recipe, folds in zip(fixed, each, strict=True)
    ]
    if len(fixed) > 1 and data.task.kind == "label":
        equal = (1.0 / len(fixed),) * len(fixed)
        for weights in dict.fromkeys((equal, pool_weights(each, data.task.labels))):
            options.append((tuple(fixed), weights, pooled(each, weights)))
    students = []
    for some, weights, folds in options:
        right = np.concatenate([fold.right for fold in folds])
        for signal in confidence_options(folds, wanted, data, seed):
            values = confidences(signal, folds)
            coverage = expected_coverage(goal, folds, values)
            rank = (-round(float(np.nan_to_num(coverage)), 4), aurc(values, right))
            students.append((rank, Student(some, weights, folds, signal, coverage)))
    return min(students, key=lambda ranked: ranked[0])[1]


def pool_of(recipes: Sequence[Learner], data: Dataset, parts: int, seed: int) -> Student:
    """The pool of ``recipes`` with the weights that fit their held-out answers best.

    A recipe that counts for less than `LEAST` is left out. ``parts`` is for cross-validation.
    """
    fixed = [tuned(recipe, data, seed) for recipe in recipes]
    each = [tuple(out_of_fold(recipe, data, parts, seed)) for recipe in fixed]
    weights = pool_weights(each, data.task.labels) if len(fixed) > 1 else (1.0,)
    used = [i for i, weight in enumerate(weights) if weight >= LEAST]
    fixed, each = [fixed[i] for i in used], [each[i] for i in used]
    if len(used) == 1:
        return Student((fixed[0],), (), each[0], Probability())
    weights = tuple(weights[i] for i in used)
    return Student(tuple(fixed), weights, pooled(each, weights), Probability())


def expected_coverage(goal: Goal, folds: Sequence[Fold], confidence: Floats) -> float:
    """The share of texts answered locally at the threshold that would probably be certified.

    Draws `DRAWS` samples of ``goal.n`` rows from the held-out rows, whose confidence is
    ``confidence`` (``[rows]``), applies the same sequence of exact tests to each, and takes the
    mean. An estimate to choose by, not a bound. NaN without a guarantee.
    """
    if goal.guarantee is None:
        return float("nan")
    labelled = np.concatenate([fold.test.known for fold in folds])
    wrong = 1.0 - np.concatenate([fold.right for fold in folds])[labelled]
    thresholds = candidates(confidence)
    sure, steps = confidence[labelled], len(thresholds)
    if not len(sure):
        return 0.0
    # step[i]: the first candidate at which row i is answered locally; `steps` is never
    step = np.searchsorted(-thresholds, -sure, side="left")
    rng, covered = np.random.default_rng(0), []
    for _ in range(DRAWS):
        rows = rng.integers(0, len(sure), goal.n)
        local = np.cumsum(np.bincount(step[rows], minlength=steps + 1)[:steps])
        errors = np.ceil(np.cumsum(np.bincount(step[rows], wrong[rows], steps + 1)[:steps]))
        judged = local if goal.guarantee.name == "risk" else np.full(steps, goal.n)
        holds = binomial_p(errors, judged, goal.guarantee.limit) <= goal.delta
        first = first_test(local.tolist(), goal.guarantee, goal.n, goal.delta)
        failed = np.flatnonzero(~holds[first:])
        last = (first + int(failed[0]) if len(failed) else steps) - 1
        covered.append(local[last] / goal.n if last >= first else 0.0)
    return float(np.mean(covered))


def stand_in(risk: float | None, total: float | None, drop: float | None) -> Guarantee | None:
    """The guarantee about errors by which students are compared; None for a budget."""
    if risk is not None:
        return Risk(risk)
    limit = total if total is not None else drop
    return None if limit is None else Total(limit)


def pooled(each: Sequence[Sequence[Fold]], weights: Sequence[float]) -> tuple[Fold, ...]:
    """The folds of the weighted pool of several students' held-out answers."""
    folds = []
    for parts in zip(*each, strict=True):
        first = parts[0]
        members = tuple(_Recorded(fold.answers) for fold in parts)
        pool = Ensemble(members, first.test.task.labels, "geometric", tuple(weights))
        folds.append(replace(first, answers=pool.answer(first.test.texts)))
    return tuple(folds)


def pool_weights(each: Sequence[Sequence[Fold]], labels: tuple[str, ...]) -> tuple[float, ...]:
    """Weights, which sum to 1, with the least log loss of the pool on the held-out rows.

    A logarithmic opinion pool fitted by maximum likelihood (Heskes, NIPS 1997). Its overall
    sharpness is fitted too, and left to the temperature afterwards. Rounded to hundredths.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    gold = np.concatenate([fold.test.targets for fold in each[0]])
    known = gold >= 0
    logs = np.stack([np.log(np.maximum(_matrix(folds, labels), 1e-12)) for folds in each])[:, known]
    gold = gold[known]

    def loss(w: Floats) -> tuple[float, Floats]:
        mixed = np.tensordot(w, logs, axes=1)
        shifted = mixed - logsumexp(mixed, axis=1, keepdims=True)
        rows = np.arange(len(gold))
        slopes = logs[:, rows, gold] - (np.exp(shifted) * logs).sum(axis=2)
        return -float(shifted[rows, gold].mean()), -slopes.mean(axis=1)

    start = np.full(len(each), 1.0 / len(each))
    if not len(gold):
        return tuple(start.tolist())
    found = minimize(loss, start, jac=True, bounds=[(1e-3, 20.0)] * len(each), method="L-BFGS-B")
    shares: NDArray[np.float64] = np.round(found.x / found.x.sum(), 2)
    return tuple(shares.tolist()) if shares.sum() > 0 else tuple(start.tolist())


def _matrix(folds: Sequence[Fold], labels: tuple[str, ...]) -> Floats:
    return np.concatenate([fold.answers.matrix(labels) for fold in folds])


@dataclass(frozen=True, eq=False)
class _Recorded:
    """A model that gives the same answers whatever it is asked: held-out answers, to be pooled."""

    answers: Answers

    def answer(self, texts: Sequence[Text]) -> Answers:
        return self.answers
