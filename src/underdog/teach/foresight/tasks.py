"""Which score a model will reach on a task, from the scores of models on this task and others.

The idea of ProxyLM (Anugraha et al., 2024): cheap models that were measured here say how hard the
task is, and other tasks say how much better the large model is than they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.errors import UnderdogError
from ...runtime.formatting import percent

Cell = tuple[str, str, float]
"""A task, a model, and its score there, from 0 to 1."""

RIDGE = 0.5
"""How much a task's own level costs, in units of the noise."""

RIDGES = (0.5, 2.0, 8.0, 1e6)
"""What a model's own level may cost; the last is: models are alike on a task."""

FEWEST = 6
"""Known scores below which no interval is told."""

EDGE = 0.005
"""Scores nearer than this to 0 or 1 count as this far from it."""


@dataclass(frozen=True)
class Expected:
    """The score of ``model`` on ``task``: ``value``, probably between ``low`` and ``high``.

    By ``cells`` known scores; the interval covers nine in ten of them when each is left out.
    """

    task: str
    model: str
    value: float
    low: float
    high: float
    cells: int

    @property
    def sentence(self) -> str:
        """The prediction in words."""
        return (
            f"{self.model} will probably reach {percent(self.low)} to {percent(self.high)} here"
            f" (likely {percent(self.value)}), by {self.cells:,} scores of models on this task and"
            " others"
        )


def expected_score(cells: Sequence[Cell], task: str, model: str) -> Expected:
    """The score of ``model`` on ``task``, where it is not known, from known scores ``cells``.

    A score is, on the scale of log odds, the level of its task plus the level of its model, both
    drawn towards those of all (ridge regression). How far models are is chosen by the known scores,
    each left out. Raises `UnderdogError` if neither the model nor
    the task occurs elsewhere, if scores are not from 0 to 1, or if there are too few of them.
    """
    known = [cell for cell in cells if cell[:2] != (task, model) and not np.isnan(cell[2])]
    wrong = next((cell for cell in known if not 0 <= cell[2] <= 1), None)
    if wrong is not None:
        raise UnderdogError(
            f"the score of {wrong[1]} on {wrong[0]} is {wrong[2]:g}", "give scores from 0 to 1"
        )
    if len(known) < FEWEST:
        raise UnderdogError(
            f"{len(known)} known scores are too few to predict another", f"give {FEWEST} or more"
        )
    if not any(one == model for _, one, _ in known):
        raise UnderdogError(
            f"no score of {model} on another task is known", "add a row with its score on one"
        )
    if not any(one == task for one, _, _ in known):
        raise UnderdogError(
            f"no model was measured on {task}", "measure a cheap one: underdog compare FILE"
        )
    trials = [(*_left_out(known, ridge), ridge) for ridge in RIDGES]
    _, errors, ridge = min(trials, key=lambda trial: trial[0])
    value = _fitted(known, task, model, ridge)
    reach = float(np.quantile(errors, min(1.0, 0.9 * (1 + 1 / len(errors))))) if errors else np.inf
    low, mid, high = (_share(value + side * reach) for side in (-1, 0, 1))
    return Expected(task, model, mid, low, high, len(known))


def _left_out(known: Sequence[Cell], ridge: float) -> tuple[float, list[float]]:
    """The squared errors of scores that are left out and can be predicted, added up; and how far
    off each is in log odds.
    """
    squared, errors = 0.0, []
    for i, (t, m, score) in enumerate(known):
        rest = [*known[:i], *known[i + 1 :]]
        if any(one[0] == t for one in rest) and any(one[1] == m for one in rest):
            value = _fitted(rest, t, m, ridge)
            squared += (_share(value) - score) ** 2
            errors.append(abs(value - _odds(score)))
    return squared, errors


def _fitted(cells: Sequence[Cell], task: str, model: str, ridge: float) -> float:
    """The log odds of the cell (``task``, ``model``) by ridge regression on ``cells``."""
    tasks = {name: k for k, name in enumerate(dict.fromkeys(t for t, _, _ in cells))}
    models = {name: k for k, name in enumerate(dict.fromkeys(m for _, m, _ in cells))}
    n, width = len(cells), len(tasks) + len(models)
    x, y = np.zeros((n, width)), np.array([_odds(score) for _, _, score in cells])
    for i, (t, m, _) in enumerate(cells):
        x[i, tasks[t]] = x[i, len(tasks) + models[m]] = 1.0
    centre = float(y.mean())
    costs = np.array([RIDGE] * len(tasks) + [ridge] * len(models))
    levels = np.linalg.solve(x.T @ x + np.diag(costs), x.T @ (y - centre))
    known = [tasks.get(task), None if model not in models else len(tasks) + models[model]]
    return centre + float(sum(levels[k] for k in known if k is not None))


def _odds(share: float) -> float:
    p = min(max(share, EDGE), 1 - EDGE)
    return float(np.log(p / (1 - p)))


def _share(odds: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(odds, -500, 500))))
