"""What is explained about an answer: probabilities of labels, membership in a set, or a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..answer import ABSTAIN, Answer, Answers
from ..cost import Floats
from ..values import SEPARATOR, members, number


@dataclass(frozen=True)
class Target:
    """The scores ``labels`` on a ``scale``, which can be read from any answers of the same model.

    The scale is "probability", "number", or "member": whether a label is in the answered set.
    """

    labels: tuple[str, ...]
    scale: str

    @classmethod
    def of(cls, answer: Answer) -> Target:
        """What of ``answer`` can be explained. Without probabilities it is whether it stays."""
        if answer.probs is not None:
            return cls(tuple(answer.probs.labels), "probability")
        if answer.sure is not None and np.isfinite(number(answer.value)):
            return cls(("number",), "number")
        if SEPARATOR in answer.value:
            return cls(members(answer.value) or (SEPARATOR,), "member")
        return cls((answer.value,), "probability")

    def read(self, answers: Answers) -> Floats:
        """The scores of ``answers``, shape ``[texts, labels]``."""
        if self.scale == "number":
            return np.array([[number(value)] for value in answers.values]).reshape(-1, 1)
        if self.scale == "member":
            sets = [set(members(value)) or {SEPARATOR} for value in answers.values]
            rows = [[float(label in one) for label in self.labels] for one in sets]
            return np.array(rows).reshape(len(sets), len(self.labels))
        if answers.probs is None or self.labels == (ABSTAIN,):
            same = [[float(value == label) for label in self.labels] for value in answers.values]
            return np.array(same).reshape(len(answers), len(self.labels))
        return answers.matrix(self.labels)
