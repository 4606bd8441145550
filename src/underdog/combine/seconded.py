"""Whether a second model says the same: a confidence that needs no probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..core.graders import token_f1
from ..core.protocols import Learner, Model, fitted
from ..core.values import members, number
from ..runtime.registry import register
from .prompted import labelling


@register("seconded")
@dataclass(frozen=True)
class Seconded:
    """How far ``model`` gives the same answer: 1 for the same label, token F1 of written texts.

    A small model that answers from the retrieved passages alone, as in ``seconded(grounded(small,
    index('INDEX')))``, verifies a large one (CaLM: Hsu et al., Findings of ACL 2024).
    """

    model: Model | Learner
    kind: str = "text"

    def fitted(self, data: Dataset, seed: int = 0) -> Seconded:
        """The same with the second model fitted to ``data``, whose kind of answers it compares."""
        return replace(self, model=fitted(labelling(self.model), data, seed), kind=data.task.kind)

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, billed for the second ones, and how far both agree, ``[texts]``."""
        assert isinstance(self.model, Model)
        other = self.model.answer(texts)
        return answers.after(other), agreement(answers, other, self.kind)


def agreement(one: Answers, other: Answers, kind: str) -> Floats:
    """How far two columns of answers agree, ``[texts]``: from 0 to 1; an abstention agrees with
    nothing.
    """
    pairs = zip(one.values, other.values, strict=True)
    return np.array([_alike(a, b, kind) for a, b in pairs], np.float64)


def _alike(one: str, other: str, kind: str) -> float:
    if ABSTAIN in (one, other):
        return 0.0
    if kind == "labels":
        return float(set(members(one)) == set(members(other)))
    if kind == "number":
        return float(number(one) == number(other))
    return float(one == other) if kind == "label" else token_f1(one, other)
