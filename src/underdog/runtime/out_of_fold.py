"""Answers to every example by a model that has not learned from it: cross-fitting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers
from ..core.data import Dataset
from ..core.protocols import Learner, Model, fitted
from .progress import step


@dataclass(frozen=True, eq=False)
class Fold:
    """What a model was fitted on, what it was asked, and its ``answers`` to the ``test`` part."""

    train: Dataset
    test: Dataset
    answers: Answers

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each answer is the label, ``[texts]``; False for an abstention."""
        pairs = zip(self.answers.values, self.test.labels, strict=True)
        return np.array([said == label and said != ABSTAIN for said, label in pairs], bool)


def out_of_fold(
    recipe: Learner | Model,
    data: Dataset,
    k: int,
    seed: int,
    *,
    labels: int = 0,
    label: str = "cross-fitting",
) -> list[Fold]:
    """The folds of ``data``, each answered by ``recipe`` fitted on the ``k - 1`` others.

    Equal texts and groups stay in one fold. Folds with an empty part, or with fewer than so many
    ``labels`` to learn from, are left out. A model that is fitted already is only asked.
    ``label`` is what progress is shown as.
    """
    folds = []
    with step(label, k) as advance:
        for train, test in data.folds(k, seed):
            if len(train) and len(test) and len(set(train.labels)) >= labels:
                model = fitted(recipe, train, seed)
                folds.append(Fold(train, test, model.answer(test.texts)))
            advance(1)
    return folds
