"""Answers to every example by a model that has not learned from it: cross-fitting."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers
from ..core.cost import FIELDS, Floats
from ..core.data import Dataset
from ..core.graders import EXACT
from ..core.protocols import Grader, Learner, Model, fitted
from .progress import step


@dataclass(frozen=True, eq=False)
class Fold:
    """What a model was fitted on, what it was asked, and its ``answers`` to the ``test`` part.

    ``rows``, ``[texts]``, is where these texts are in the whole.
    """

    train: Dataset
    test: Dataset
    answers: Answers
    grader: Grader = EXACT
    rows: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))

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
    folds, fold_of = [], data.fold_of(k, seed)
    with step(label, k) as advance:
        for i in range(k):
            held = fold_of == i
            train, test = data.divided(held)
            if len(train) and len(test) and len(set(train.labels)) >= labels:
                model = fitted(recipe, train, seed)
                answers = model.answer(test.texts)
                folds.append(Fold(train, test, answers, grader, np.flatnonzero(held)))
            advance(1)
    return folds


def held_out(
    recipe: Learner | Model,
    data: Dataset,
    k: int,
    seed: int,
    *,
    labels: int = 0,
    label: str = "cross-fitting",
) -> Answers:
    """An answer to each text of ``data``, in their order, by ``recipe`` fitted without it.

    It abstains on the texts of a fold that is left out; see `out_of_fold`.
    """
    answers = Answers.said([ABSTAIN] * len(data), np.zeros((len(data), len(FIELDS))), "left out")
    for fold in out_of_fold(recipe, data, k, seed, labels=labels, label=label):
        answers = answers.put(fold.rows, fold.answers)
    return answers
