"""Boosted trees for sets of labels and for numbers: one booster for each output."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.cost import Floats
from ..training.examples import FEW, Examples
from ..training.heads import Head, fit_set_head
from .trees import MAX_LEAVES, MAX_TREES, PENALTY, Trees

RATE, ROUNDS, FEWEST_ROUNDS = 0.1, 80, 10
"""The learning rate, and the boosting rounds: fewer where many labels share `MAX_TREES`."""

CERTAIN = 10.0
"""The score of a label that every example, or none, has."""

SHARES = (1.0, 0.5, 0.0)
"""Weights of the trees that are tried; the rest is the weight of the linear model."""

ENOUGH_HELD_OUT = 500
"""Held-out examples that are enough for these choices."""


def choose_graded(
    rows: Floats, scores: Floats, examples: Examples, seed: int
) -> tuple[Trees | None, float, Head]:
    """The trees, the weight of their scores, and the head, chosen on held-out rows.

    ``rows`` are the inputs of the trees, ``[examples, features]``; ``scores``, ``[examples,
    outputs]``, are those of a linear model that had not seen the example, NaN where there is none.
    No trees where held-out rows are too few, or the linear model alone is better on them.
    """
    fair = ~np.isnan(scores).any(axis=1)
    grown, linear, gold = ([np.zeros((0, scores.shape[1]))] for _ in range(3))
    for learn, check in examples.held_out(seed):
        if sum(map(len, gold)) >= ENOUGH_HELD_OUT:
            break
        if (learn & fair).any():
            trees = grow_graded(rows[learn & fair], examples.gold[learn & fair], examples, seed)
            grown.append(trees.margins(rows[check & fair]))
            linear.append(scores[check & fair])
            gold.append(examples.gold[check & fair])
    truth, parts = np.concatenate(gold), (np.concatenate(grown), np.concatenate(linear))
    trials: list[tuple[float, float, Head]] = []
    for share in SHARES if len(truth) >= FEW else (0.0,):
        mixed = mix_graded(*parts, share, examples.kind)
        if examples.numbers is None:
            head, loss = fit_set_head(mixed, truth)
            trials.append((loss, share, head))
        else:
            error = (mixed[:, 0] - truth[:, 0]) ** 2
            trials.append((float(error.mean()) if len(error) else 0.0, share, examples.numbers))
    _, share, best = min(trials, key=lambda trial: trial[0])
    if not share:
        return None, 0.0, best
    return grow_graded(rows[fair], examples.gold[fair], examples, seed), share, best


def mix_graded(trees: Floats, linear: Floats, share: float, kind: str) -> Floats:
    """Scores ``[texts, outputs]`` in which the trees have the weight ``share``.

    The expected error of a number is always the linear model's.
    """
    mixed = share * trees + (1 - share) * linear
    if kind == "number":
        mixed[:, 1] = linear[:, 1]
    return mixed


def grow_graded(rows: Floats, gold: Floats, examples: Examples, seed: int) -> Trees:
    """Trees for each label, or for the number, of the examples ``rows`` ``[rows, features]``.

    The expected error of a number, the second column of ``gold``, gets trees unless it is 0.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    number = examples.kind == "number"
    outputs = 1 if number and not gold[:, 1:].any() else gold.shape[1]
    rounds = max(FEWEST_ROUNDS, min(ROUNDS, MAX_TREES // outputs))
    options: dict[str, Any] = {
        "learning_rate": RATE,
        "max_leaf_nodes": MAX_LEAVES,
        "l2_regularization": PENALTY,
        "max_iter": rounds,
        "early_stopping": False,
        "random_state": seed,
    }
    start, boosters = np.zeros(gold.shape[1]), {}
    for k in range(outputs):
        if number:
            boosters[k] = HistGradientBoostingRegressor(**options).fit(rows, gold[:, k])
        elif len(np.unique(gold[:, k])) < 2:
            start[k] = CERTAIN if gold[0, k] > 0 else -CERTAIN
        else:
            boosters[k] = HistGradientBoostingClassifier(**options).fit(rows, gold[:, k] > 0)
    for k, booster in boosters.items():
        start[k] = float(np.ravel(booster._baseline_prediction)[0])
    one_each = zip(*(booster._predictors for booster in boosters.values()), strict=True)
    grown_trees = [[tree for [tree] in trees] for trees in one_each]
    return Trees.stacked(grown_trees, np.array([*boosters], np.int32), start)
