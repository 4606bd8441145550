"""Answers to every example by a model that has not learned from it: cross-fitting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset
from ..core.graders import EXACT
from ..core.protocols import Grader, Learner, Model, fitted
from .progress import step


@dataclass(frozen=True, eq=False)
class Fold:
    """What a model was fitted on, what it was asked, and its ``answers`` to the ``test`` part."""

    train: Dataset
    test: Dataset
    answers: Answers
    grader: Grader = EXACT

    @cached_property
    def right(self) -> Floats:
        """The grade of each answer, ``[texts]``; 0 for an abstention, or where it is unknown."""
        grades = self.grader.grade(self.test.texts, self.answers.values, self.test)
        return np.nan_to_num(grades)


def out_of_fold(
    recipe: Learner | Model,
    data: Dataset,
    k: int,
    seed: int,
    *,
    labels: int = 0,
    label: str = "cross-fitting",
    grader: Grader = EXACT,
) -> list[Fold]:
    """The folds of ``data``, each answered by ``recipe`` fitted on the ``k - 1`` others.

    Equal texts and groups stay in one fold. Folds with an empty part, or with fewer than so many
    ``labels`` to learn from, are left out. A model that is fitted already is only asked.
    ``label`` is what progress is shown as, ``grader`` what answers are graded by.
    """
    folds = []
    with step(label, k) as advance:
        for train, test in data.folds(k, seed):
            if len(train) and len(test) and len(set(train.labels)) >= labels:
                model = fitted(recipe, train, seed)
                folds.append(Fold(train, test, model.answer(test.texts), grader))
            advance(1)
    return folds
