"""Answers to labelled texts by a weak model that has not learned from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.answer import ABSTAIN, Answers
from ...core.data import Dataset, Text
from ...core.protocols import Learner
from ...runtime.out_of_fold import out_of_fold

PARTS = 5
"""Parts of the labelled data, each answered by a model of the others."""


def unseen(recipe: Learner, data: Dataset, seed: int, label: str = "the weak teacher") -> Answers:
    """An answer to each text of ``data`` by ``recipe`` fitted without it, in their order.

    A text whose fold could not be fitted is abstained on.
    """
    numbered = replace(data, columns={"row": tuple(range(len(data)))})
    answers = Answers.said([ABSTAIN] * len(data), np.zeros((len(data), 6)), "unseen")
    for fold in out_of_fold(recipe, numbered, PARTS, seed, labels=2, label=label):
        answers = answers.put(np.array(fold.test.columns["row"], np.intp), fold.answers)
    return answers


@dataclass(frozen=True, eq=False)
class Given:
    """Gives the ``answers`` to known ``texts`` again; equal texts have equal answers."""

    texts: tuple[Text, ...]
    answers: Answers

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answer to each text; `KeyError` for one that is not known."""
        place = {text: i for i, text in enumerate(self.texts)}
        return self.answers.take([place[text] for text in texts])
