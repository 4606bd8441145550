"""Several grades as one: their weighted mean."""

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
from ...runtime.registry import register


@register("average", sample="average([overlap(), token_f1()])")
@dataclass(frozen=True)
class Average:
    """The mean of what several ``graders`` say, each counting as much as ``weights`` says.

    Without weights all count alike. Grades that differ little between outputs, such as those of
    `BertScore`, need a larger weight than those that differ much, such as a share of copied words.
    """

    graders: tuple[Grader, ...]
    weights: tuple[float, ...] = ()
    says: ClassVar[str] = "mean grade"

    def __post_init__(self) -> None:
        for name in ("graders", "weights"):
            given: Any = getattr(self, name)
            if not isinstance(given, tuple):
                several = tuple(given) if isinstance(given, list) else (given,)
                object.__setattr__(self, name, several)
        if not self.graders or not all(isinstance(one, Grader) for one in self.graders):
            raise UnderdogError("average is one of graders", "average([chrf(), token_f1()])")
        if self.weights and len(self.weights) != len(self.graders):
            raise UnderdogError(
                f"average has {len(self.graders)} graders and {len(self.weights)} weights",
                "give a weight for each: average([chrf(), token_f1()], weights=[1, 2])",
            )
        if any(not 0 < weight < np.inf for weight in self.weights):
            raise UnderdogError("weights of an average are above 0", "leave a grader out instead")

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return tuple(dict.fromkeys(role for one in self.graders for role in needs(one)))

    @property
    def by_sentence(self) -> bool:
        """Whether a grade of one sentence alone says how good that sentence is."""
        return all(getattr(one, "by_sentence", False) for one in self.graders)

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where one of the graders has none."""
        weights = np.array(self.weights or [1.0] * len(self.graders))
        grades = np.stack([one.grade(texts, values, data) for one in self.graders])
        mean: Floats = weights @ grades / weights.sum()
        return mean
