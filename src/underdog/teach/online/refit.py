"""Fitting what answers locally: one recipe, or several that are pooled."""

from __future__ import annotations

from ...core.data import Dataset
from ...core.protocols import Learner, Model
from ..deferral.students import pool_of
from ..deferral.thresholds import HeldOutAnswers, held_out

Small = Learner | tuple[Learner, ...]
"""One small recipe, or several."""

FOLDS = 3
"""Parts for cross-validation."""


def trained(small: Small, data: Dataset, seed: int) -> tuple[HeldOutAnswers, Model]:
    """Cross-validated answers of ``small`` to ``data``, and ``small`` fitted on all of it.

    Several recipes are pooled, with weights that fit their cross-validated answers.
    """
    recipes = small if isinstance(small, tuple) else (small,)
    student = pool_of(recipes, data, FOLDS, seed)
    return held_out(student.folds, data.task.labels), student.fit(data, seed)
