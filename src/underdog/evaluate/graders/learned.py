"""A small model of the user's ratings, on the grades of other graders and the features of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.graders import needs
from ...core.protocols import Grader
from ...core.texts import draw
from ...models.boosted.trees import Trees
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from .features import features
from .nli import opened

FOLDS, FEWEST = 5, 20
"""Folds of sources, each graded by a model of the others; rated outputs that it takes at least."""

BOOSTING: dict[str, Any] = {
    "learning_rate": 0.05,
    "max_iter": 200,
    "max_leaf_nodes": 7,
    "l2_regularization": 10.0,
    "early_stopping": False,
}
PENALTY = 30.0
"""Of the ridge regression, on columns of unit variance."""


@register("learned")
@dataclass(frozen=True)
class Learned:
    """The rating that a small model expects, from 0 (the lowest seen) to 1 (the highest).

    It learns from the column of ratings, on what ``graders`` say and on the features of a text
    (`features.NAMES`): the mean of boosted trees and ridge regression. An output that is rated is
    graded by a model of outputs about other sources only, so the grades can be compared with the
    ratings. With ``folder``, a model that `underdog judge --keep FOLDER` wrote grades, and needs
    no ratings.
    """

    graders: tuple[Grader, ...] = ()
    folder: str = ""
    by_sentence: ClassVar[bool] = False
    says: ClassVar[str] = "expected rating"

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        own = () if self.folder else ("rating",)
        return tuple(dict.fromkeys((*own, *(n for one in self.graders for n in needs(one)))))

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``.

        Raises `UnderdogError` with fewer than `FEWEST` ratings, or ratings that are all equal.
        """
        if self.folder:
            model = opened(self.folder)
            if not isinstance(model, LearnedGrader):
                raise UnderdogError(
                    f"{self.folder} holds no learned score",
                    "make one: underdog judge FILE --keep FOLDER",
                )
            return model.grade(texts, values, data)
        rating, rows = _ratings(data), columns(self.graders, texts, values, data)
        groups = data.groups or tuple(map(str, range(len(values))))
        return out_of_fold(self.graders, rows, rating, groups)

    def model_of(
        self, texts: Sequence[Text], values: Sequence[str], data: Dataset
    ) -> LearnedGrader:
        """A model of all ratings of ``data``, to grade other outputs with; see `grade`."""
        rating = _ratings(data)
        rated = np.flatnonzero(~np.isnan(rating)).tolist()
        some = data.take(rated)
        rows = columns(self.graders, [texts[i] for i in rated], [values[i] for i in rated], some)
        return _fitted(self.graders, rows, rating[rated])


@register(
    "learned.grader",
    holds={
        "low": Number(-1e12, 1e12),
        "high": Number(-1e12, 1e12),
        "middle": Number(-1e12, 1e12),
        "usual": Array("columns"),
        "spread": Array("columns", low=0),
        "weights": Array("columns"),
    },
)
@dataclass(frozen=True, eq=False)
class LearnedGrader:
    """What `Learned` fitted: the mean of ``trees`` and of ``weights`` on columns of unit variance.

    ``usual`` and ``spread`` are the mean and the standard deviation of each column; ``low`` and
    ``high`` are the lowest and the highest rating.
    """

    graders: tuple[Grader, ...]
    trees: Trees
    usual: Floats
    spread: Floats
    weights: Floats
    middle: float
    low: float
    high: float
    says: ClassVar[str] = "expected rating"

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return tuple(dict.fromkeys(n for one in self.graders for n in needs(one)))

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``."""
        return self.expected(columns(self.graders, texts, values, data))

    def expected(self, rows: Floats) -> Floats:
        """The expected ratings of ``rows`` ``[outputs, columns]``, from 0 to 1: ``[outputs]``."""
        linear = _scaled(rows, self.usual, self.spread) @ self.weights + self.middle
        both = (linear + self.trees.margins(rows)[:, 0]) / 2
        return np.clip((both - self.low) / (self.high - self.low), 0.0, 1.0)


def columns(
    graders: Sequence[Grader], texts: Sequence[Text], values: Sequence[str], data: Dataset
) -> Floats:
    """What is learned from, ``[outputs, columns]``: the grades, then the features; NaN unknown."""
    grades = [grader.grade(texts, values, data) for grader in graders]
    return np.column_stack([*grades, features(texts, values, data)])


def out_of_fold(
    graders: tuple[Grader, ...], rows: Floats, rating: Floats, groups: Sequence[str]
) -> Floats:
    """The expected rating of ``rows`` ``[outputs, columns]``, by models of other groups.

    ``rating``, ``[outputs]``, is NaN where unknown: there, a model of all ratings tells.
    """
    fold = np.array([int(draw(f"learned:{group}") * FOLDS) for group in groups])
    rated, grades = ~np.isnan(rating), np.full(len(rating), np.nan)
    for k in range(FOLDS):
        learn, test = rated & (fold != k), rated & (fold == k)
        if test.any():
            grades[test] = _fitted(graders, rows[learn], rating[learn]).expected(rows[test])
    if (~rated).any():
        grades[~rated] = _fitted(graders, rows[rated], rating[rated]).expected(rows[~rated])
    return grades


def _fitted(graders: tuple[Grader, ...], rows: Floats, rating: Floats) -> LearnedGrader:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    if len(rating) < FEWEST or np.ptp(rating) == 0:
        raise UnderdogError(
            f"{len(rating)} ratings that differ are needed to learn from, {FEWEST} at least",
            "rate more outputs, or leave learned() out",
        )
    usual = np.array([_mean(column) for column in rows.T])
    spread = np.array([float(np.nanstd(c)) if len(c[c == c]) else 0.0 for c in rows.T])
    some = np.where(np.isnan(rows).all(axis=0), 0.0, rows)  # without a source, half is unknown
    booster = HistGradientBoostingRegressor(random_state=0, **BOOSTING).fit(some, rating)
    start = np.array([float(np.ravel(booster._baseline_prediction)[0])])
    trees = Trees.stacked([[tree] for [tree] in booster._predictors], np.zeros(1, np.int32), start)
    linear = Ridge(alpha=PENALTY).fit(_scaled(rows, usual, spread), rating)
    return LearnedGrader(
        graders,
        trees,
        *(usual, spread, linear.coef_, float(linear.intercept_)),
        *(float(rating.min()), float(rating.max())),
    )


def _scaled(rows: Floats, usual: Floats, spread: Floats) -> Floats:
    """Columns of unit variance; 0 where a value is unknown, or always the same."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(spread > 1e-9, (rows - usual) / spread, 0.0)
    found: Floats = np.clip(np.nan_to_num(scaled, nan=0.0), -5.0, 5.0)
    return found


def _mean(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else 0.0


def _ratings(data: Dataset) -> Floats:
    if "rating" not in data.columns:
        raise UnderdogError(
            "learned() learns from ratings, and there are none",
            "name their column: --rating COLUMN",
        )
    cells = data.columns["rating"]
    return np.array([np.nan if cell is None else float(cell) for cell in cells])
