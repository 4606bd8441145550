"""Readers and trees fitted side by side, and their weights from texts that they did not see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset, draw
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model
from ...models.boosted.trees import Sample, Trees, grow
from ...models.training.examples import FEW
from ...runtime.meter import Meter
from ..weighing import PENALTY
from .model import logits, of_trees

FOLDS = 5
ROUNDS = 120
"""Rounds of boosting: a fixed number, so that no text is spent on choosing it."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rows:
    """Labelled examples beside what is seen of each, ``[examples, features]``.

    ``at`` is the place of the label that stands for an alarm.
    """

    data: Dataset
    seen: Floats
    at: int

    @property
    def mine(self) -> Mask:
        """Which examples are cause for an alarm, ``[examples]``."""
        mine: Mask = self.data.targets == self.at
        return mine

    def take(self, some: Mask) -> Rows:
        """The examples where ``some`` is true."""
        return Rows(self.data.take(np.flatnonzero(some)), self.seen[some], self.at)

    def divided(self, share: float, seed: int) -> tuple[Rows, Rows]:
        """All but ``share`` of the examples, and the rest; equal texts and groups stay together.

        All of them where either part would lack a label.
        """
        aside = self._draws(f"detector {seed}") < share
        parts = self.take(~aside), self.take(aside)
        if share and not parts[0].both:
            return self, self.take(np.zeros(len(aside), np.bool_))
        return parts

    @property
    def both(self) -> bool:
        """Whether both labels occur."""
        return bool(self.mine.any() and not self.mine.all())

    def folds(self, seed: int) -> Iterator[Mask]:
        """Masks of the examples that are held out, fold by fold."""
        fold = (self._draws(f"folds {seed}") * FOLDS).astype(int)
        for k in range(FOLDS):
            if (fold == k).any() and self.take(fold != k).both:
                yield fold == k

    def apart(
        self, domains: Sequence[str] | None, learners: tuple[Learner, ...], seed: int
    ) -> Iterator[tuple[str, Rows, Stack]]:
        """For each domain its examples, and a stack that has learned from the others."""
        names = np.array(domains or [""] * len(self.data), dtype=object)
        for name in dict.fromkeys(domains or ()):
            there = self.take(names == name)
            others = self.take(names != name)
            if there.both and others.both:
                yield name, there, stacked(learners, others, seed)

    def _draws(self, key: str) -> Floats:
        return np.array([draw(f"{key}:{cluster}") for cluster in self.data.clusters])


@dataclass(frozen=True, eq=False)
class Stack:
    """Fitted parts, their weights ``[parts]``, and their score of each example while held out."""

    readers: tuple[Model, ...]
    trees: Trees | None
    weights: Floats
    bias: float
    held_out: Floats

    def scores(self, rows: Rows) -> Floats:
        """The logit of an alarm for each of ``rows``, ``[examples]``."""
        found: Floats = _columns(self.readers, self.trees, rows) @ self.weights + self.bias
        return found


def stacked(learners: tuple[Learner, ...], rows: Rows, seed: int) -> Stack:
    """Fit every part on all of ``rows``, and the weights on parts fitted without the rows weighed.

    With too few held-out rows every part counts alike.
    """
    parts = len(learners) + 1
    held = np.full((len(rows.data), parts), np.nan)
    for out in rows.folds(seed):
        held[out] = _columns(*_fitted(learners, rows.take(~out), seed), rows.take(out))
    known = ~np.isnan(held).any(axis=1)
    weights, bias = np.full(parts, 1 / parts), 0.0
    if known.sum() >= FEW:
        weights, bias = weighed(held[known], rows.mine[known])
    return Stack(*_fitted(learners, rows, seed), weights, bias, held @ weights + bias)


def weighed(columns: Floats, mine: Mask) -> tuple[Floats, float]:
    """Weights of ``columns`` ``[examples, parts]``, none below 0, and a bias: logistic regression.

    Each part has learned the sign itself, so that a negative weight would be chance (Breiman,
    Stacked regressions, Machine Learning 1996).
    """
    from scipy.optimize import minimize

    n, parts = columns.shape

    def objective(at: Floats) -> tuple[float, Floats]:
        w, logit = at[:-1], columns @ at[:-1] + at[-1]
        loss = np.logaddexp(0.0, np.where(mine, -logit, logit)).sum() + PENALTY * (w @ w)
        slope = 1 / (1 + np.exp(-np.clip(logit, -500, 500))) - mine
        return float(loss) / n, np.append(slope @ columns + 2 * PENALTY * w, slope.sum()) / n

    start = np.append(np.full(parts, 1 / parts), 0.0)
    bounds = [(0.0, 50.0)] * parts + [(-50.0, 50.0)]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x[:-1], np.float64), float(found.x[-1])


def labelled(data: Dataset) -> Dataset:
    """The examples whose label is known. Raises `UnderdogError` if all have the same."""
    data = data.take(np.flatnonzero(data.targets >= 0))
    if len(set(data.labels)) < 2:
        raise UnderdogError(
            "there are not two labels to separate", "name the column of labels: --label COLUMN"
        )
    return data


def _fitted(
    learners: tuple[Learner, ...], rows: Rows, seed: int
) -> tuple[tuple[Model, ...], Trees]:
    readers = tuple(learner.fit(rows.data, seed) for learner in learners)
    gold = np.stack([~rows.mine, rows.mine], axis=1)[:, [1, 0] if rows.at == 0 else [0, 1]]
    filled = np.where(np.isnan(rows.seen).all(axis=0), 0.0, rows.seen)  # trees split no gap alone
    meter = Meter()
    trees = grow(Sample(filled, gold.astype(np.float64)), seed, rounds=ROUNDS)
    meter.bill(1)
    return readers, trees


def _columns(readers: tuple[Model, ...], trees: Trees | None, rows: Rows) -> Floats:
    """The logit of an alarm by every part, ``[examples, parts]``."""
    if not len(rows.data):
        return np.zeros((0, len(readers) + (trees is not None)))
    labels = rows.data.task.labels
    columns = [logits(reader.answer(rows.data.texts), labels, rows.at) for reader in readers]
    if trees is not None:
        columns.append(of_trees(trees, rows.seen, rows.at))
    return np.stack(columns, axis=1)
