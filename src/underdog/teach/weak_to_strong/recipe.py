"""Weak-to-strong: distillation with the roles swapped, and losses for a teacher that errs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...combine.prompted import labelling
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, samples_seen
from ...runtime.registry import register, spec
from ...runtime.schema import Number
from ..distil.recipe import FOLDS, Distil
from .own_answers import surest, with_own_answers
from .unseen import Given, unseen

LOSSES = ("naive", "confidence", "robust", "surest")

ROBUST = 0.7
"""The q of the generalised cross-entropy (Zhang & Sabuncu, NeurIPS 2018)."""


@register(
    "weak_to_strong",
    sample="weak_to_strong(linear(), bayes())",
    holds={"trust": Number(0, 1)},
)
@dataclass(frozen=True)
class WeakToStrong:
    """Fits ``strong`` to the labels of ``weak``, which it may outgrow (Burns et al., ICML 2024).

    It is `Distil` with the roles swapped: where only some rows have a label these are kept, and the
    others are labelled by ``weak``; a weak recipe learns from the labelled rows first. Where every
    row has one, a weak recipe labels each by a model of the other rows, and no gold label is kept:
    that measures how much of the gap is recovered (`recovered`). ``gold`` says otherwise.

    ``loss`` is how the weak labels are learned: ``naive``, as they are; ``confidence``, mixed with
    the strong model's own answers, which weigh ``trust`` (`with_own_answers`); ``robust``, with
    labels that the strong model finds unlikely played down; ``surest``, the half of each label's
    texts of which the weak model is surest. Bootstrapping through middle sizes is
    nesting: ``weak_to_strong(encoder(), weak_to_strong(static(), linear()))``. Several weak
    teachers are one by `cosupervised`, or by ``ensemble(linear(), how='boost')`` (EnsemW2S:
    Agrawal et al., 2024).
    """

    reads_unlabelled: ClassVar[bool] = True

    strong: Learner
    weak: Model | Learner
    loss: str = "naive"
    trust: float = 0.5
    gold: bool | None = None

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UnderdogError(f"no loss is called {self.loss!r}", f"one of: {', '.join(LOSSES)}")

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `DistilledModel`.

        Raises like `Distil`, and if ``weak`` gives no text a label, or all the same one.
        """
        data = dataset(data)
        robust = ROBUST if self.loss == "robust" else 0.0
        recipe = Distil(self.strong, self.weak, robust=robust, gold=self.gold)
        taught = recipe.taught(data, seed, self._unseen(data, seed))
        examples = taught.data
        if len(set(examples.labels)) < 2:
            said = f"labels all texts {examples.labels[0]!r}" if len(examples) else "labels no text"
            raise UnderdogError(
                f"{spec(self.weak)} {said}: a strong model cannot learn from that",
                "take another weak model, or label more rows by hand",
            )
        if self.loss == "confidence":
            examples = with_own_answers(self.strong, examples, ~taught.gold, self.trust, seed)
        if self.loss == "surest":
            examples = surest(examples, ~taught.gold)
        return taught.model(self.strong.fit(examples, seed))

    def samples_seen(self, data: Dataset) -> float:
        """Examples read by all fits of the strong model."""
        return (1 + FOLDS * (self.loss in ("confidence", "robust"))) * samples_seen(
            self.strong, data
        )

    def _unseen(self, data: Dataset, seed: int) -> Model | None:
        """A weak model of fully labelled data that has not learned from what it is asked; None
        where it is a model already, or where there are rows without a label.
        """
        weak = labelling(self.weak)
        if not isinstance(weak, Learner) or not data.known.all() or self.gold:
            return None
        return Given(data.texts, unseen(weak, data, seed))
