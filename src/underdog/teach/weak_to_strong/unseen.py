"""Answers to labelled texts by a weak model that has not learned from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.answer import Answers
from ...core.data import Dataset, Text
from ...core.protocols import Learner
from ...runtime.out_of_fold import held_out

PARTS = 5
"""Parts of the labelled data, each answered by a model of the others."""


def unseen(recipe: Learner, data: Dataset, seed: int, label: str = "the weak teacher") -> Answers:
    """An answer to each text of ``data`` by ``recipe`` fitted without it, in their order.

    A text whose fold could not be fitted is abstained on.
    """
    return held_out(recipe, data, PARTS, seed, labels=2, label=label)


@dataclass(frozen=True, eq=False)
class Given:
    """Gives the ``answers`` to known ``texts`` again; equal texts have equal answers."""

    texts: tuple[Text, ...]
    answers: Answers

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answer to each text; `KeyError` for one that is not known."""
        place = {text: i for i, text in enumerate(self.texts)}
        return self.answers.take([place[text] for text in texts])
