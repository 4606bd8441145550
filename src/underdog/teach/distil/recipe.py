"""Distillation: a small model that learns from the answers of a large one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...combine.prompted import labelling
from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact, describe
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fitted, samples_seen
from ...core.task import require_kind
from ...runtime.formatting import dollars
from ...runtime.out_of_fold import out_of_fold
from ...runtime.progress import step
from ...runtime.registry import register, spec
from ...runtime.schema import Number
from ..label.asking import DOLLARS, Purse
from .choosing import Rows, choice

ROUNDS = 6
"""How often a student is fitted to choose further texts; the last fit learns from all."""

FOLDS = 3
"""Parts for the out-of-fold probabilities by which doubtful labels are played down."""


@register("distil.model")
@dataclass(frozen=True)
class DistilledModel:
    """The ``student``, which answers as it would alone; and what it learned from.

    ``asked`` counts the texts that ``teacher`` answered of ``texts``, and ``silent`` those among
    them without an answer; ``price`` is in dollars. ``gold`` counts the labels it did not give.
    """

    student: Model
    teacher: str
    texts: int
    asked: int
    silent: int
    gold: int
    price: float | None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The student's answers."""
        return self.student.answer(texts)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """From how many answers it learned, at what price; and the facts of the student."""
        said = f"learned from {self.asked - self.silent:,} answers of {self.teacher}"
        kept = f" and {self.gold:,} gold labels" if self.gold else ""
        cost = f"{self.asked:,} of {self.texts:,} texts asked about, {dollars(self.price)}"
        fact = Fact("teaching", f"{said}{kept}: {cost}", self.asked)
        return (fact, *describe(self.student, texts))


@dataclass(frozen=True, eq=False)
class Taught:
    """What a student is to learn: ``data``, whose labels are the teacher's or gold.

    ``gold``, of shape ``[examples]``, tells which are gold; the rest as in `DistilledModel`.
    """

    data: Dataset
    gold: NDArray[np.bool_]
    teacher: str
    texts: int
    asked: int
    silent: int
    kept: int
    price: float | None

    def model(self, student: Model) -> DistilledModel:
        """The fitted ``student``, and what it learned from."""
        told = (self.teacher, self.texts, self.asked, self.silent, self.kept, self.price)
        return DistilledModel(student, *told)


@register(
    "distil",
    sample="distil(majority(), bayes())",
    holds={"asks": Number(1), "budget": Number(0), "robust": Number(0, 1)},
)
@dataclass(frozen=True)
class Distil:
    """Fits ``student`` to what ``teacher`` answers, not to the labels of the data.

    The teacher is asked about every text if all have a label, and else about those without one:
    then the labels that are there are kept. ``gold`` says otherwise. Its probabilities are learned
    as soft labels where it gives any (Hinton et al., arXiv 2015), unless ``soft`` is False.
    ``weigh`` lets an answer count as much as the teacher was sure of it. ``robust``, up to 1, plays
    down answers that a student which has not learned from them finds unlikely: the generalised
    cross-entropy of Zhang & Sabuncu (NeurIPS 2018), whose q it is. Texts on which the teacher
    abstains are left out.

    ``asks`` and ``budget`` (in dollars) limit what the teacher is asked: texts are then taken at
    ``random``, or a student chooses them in a few rounds: those of which it is ``uncertain``, or
    ``diverse`` ones. A teacher that is a recipe learns from the labelled rows first.
    """

    reads_unlabelled: ClassVar[bool] = True

    student: Learner
    teacher: Model | Learner
    soft: bool = True
    weigh: bool = False
    robust: float = 0.0
    choose: str = "random"
    asks: int | None = None
    budget: float | None = None
    gold: bool | None = None

    def __post_init__(self) -> None:
        choice(self.choose)

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `DistilledModel`.

        Raises `UnderdogError` if the teacher answered with fewer than two labels, or if a budget
        is to be kept and its price is unknown.
        """
        data = dataset(data)
        taught = self.taught(data, seed)
        return taught.model(self.student.fit(taught.data, seed))

    def bought(self, share: float) -> tuple[Distil, int] | None:
        """The recipe that asks a ``share`` as often, and how often; None without ``asks``."""
        if self.asks is None:
            return None
        asks = max(1, round(share * self.asks))
        return replace(self, asks=asks), asks

    def taught(self, data: Dataset, seed: int, teacher: Model | None = None) -> Taught:
        """What the student is to learn; raises like `fit`.

        ``teacher`` is asked in the place of the one that the recipe would fit, if it is given.
        """
        if not data.task.labels:
            raise UnderdogError("there are no labels to choose from", "name them: --labels a,b,c")
        require_kind(data.task, "distil", "label")
        teacher = teacher or fitted(labelling(self.teacher), data, seed)
        known = data.targets >= 0
        keep = self.gold if self.gold is not None else not known.all()
        kept = np.flatnonzero(known & keep)
        ask = np.flatnonzero(~known) if keep else np.arange(len(data))
        asked, answers = self._ask(teacher, data, ask, kept, seed)
        rows, examples = self._taught(data, asked, answers, kept)
        if examples.soft is None and len({*examples.labels}) < 2:
            said = repr(examples.labels[0]) if len(examples) else "none of the labels"
            raise UnderdogError(
                f"{spec(self.teacher)} answered {said} to all {len(asked):,} texts, which teaches"
                " nothing",
                f'look at what it says: underdog label FILE --by "{spec(self.teacher)}"',
            )
        if self.robust:
            examples = self._played_down(examples, seed)
        silent = int((answers.indices(data.task.labels) < 0).sum())
        told = (len(data), len(asked), silent, len(kept), answers.total.dollars)
        return Taught(examples, np.isin(rows, kept), spec(self.teacher), *told)

    def samples_seen(self, data: Dataset) -> float:
        """Examples read by all fits of the student."""
        fits = 1 + FOLDS * bool(self.robust) + (ROUNDS - 1) * (self.choose == "uncertain")
        return fits * samples_seen(self.student, data)

    def _ask(
        self, teacher: Model, data: Dataset, left: Rows, kept: Rows, seed: int
    ) -> tuple[Rows, Answers]:
        """The rows that were asked about, in that order, and the answers."""
        if self.asks is None and self.budget is None:
            return left, teacher.answer([data.texts[i] for i in left.tolist()])
        purse, asked = Purse(self.budget), np.zeros(0, np.intp)
        parts: list[Answers] = []
        most = len(left) if self.asks is None else min(self.asks, len(left))
        with step("asking the teacher", most) as advance:
            while len(asked) < most and len(left):
                n = self._round(most, len(asked), len(data.task.labels))
                student = self._so_far(data, asked, parts, kept, seed)
                rows = choice(self.choose)(data.texts, asked, left, n, student, seed)
                rows = rows[: purse.affordable([data.texts[i] for i in rows.tolist()])]
                if not len(rows):
                    break
                texts = [data.texts[i] for i in rows.tolist()]
                parts.append(teacher.answer(texts))
                purse.pay(texts, parts[-1].costs[:, DOLLARS], spec(self.teacher))
                asked, left = np.append(asked, rows), np.setdiff1d(left, rows)
                advance(len(rows))
        return asked, Answers.join(parts) if parts else teacher.answer([])

    def _round(self, most: int, done: int, labels: int) -> int:
        """How many texts to ask about next: one to learn its price, then a share of all."""
        if self.budget is not None and not done:
            return 1
        share = -(-most // ROUNDS) if self.asks else max(2 * labels, done)
        return min(share, most - done)

    def _so_far(
        self, data: Dataset, asked: Rows, parts: list[Answers], kept: Rows, seed: int
    ) -> Model | None:
        """A student of the answers so far; None if it needs none, or cannot be fitted yet."""
        if self.choose != "uncertain" or not len(asked) + len(kept):
            return None
        answers = Answers.join(parts) if parts else Answers.of([])
        _, taught = self._taught(data, asked, answers, kept)
        return self.student.fit(taught, seed) if len(set(taught.labels)) > 1 else None

    def _taught(
        self, data: Dataset, asked: Rows, answers: Answers, kept: Rows
    ) -> tuple[Rows, Dataset]:
        """The rows with a label, and these rows of the data with the teacher's answers in the rows
        ``asked`` and gold labels in ``kept``.
        """
        labels: list[str | None] = [None] * len(data)
        soft, weights = np.zeros((len(data), len(data.task.labels))), np.ones(len(data))
        told = answers.indices(data.task.labels)
        rows = asked[told >= 0]
        for i, k in zip(rows.tolist(), told[told >= 0].tolist(), strict=True):
            labels[i] = data.task.labels[k]
        for i in kept.tolist():
            labels[i] = data.labels[i]
        if answers.probs is not None and len(rows):
            soft[rows] = answers.matrix(data.task.labels)[told >= 0]
            weights[rows] = _sure(answers)[told >= 0]
        taught = data.relabelled(labels, soft if self.soft and soft.any() else None)
        taught = replace(taught, weights=weights if self.weigh else None)
        whole = np.sort(np.append(rows, kept))
        return whole, taught.take(whole)

    def _played_down(self, taught: Dataset, seed: int) -> Dataset:
        """``taught`` with weights: how likely a student that has not seen a label finds it."""
        likely = np.ones(len(taught))
        label = "looking for doubtful answers"
        for fold in out_of_fold(self.student, taught, FOLDS, seed, labels=2, label=label):
            probs = fold.answers.matrix(taught.task.labels)
            likely[fold.rows] = probs[np.arange(len(probs)), fold.test.targets]
        weights = np.maximum(likely, 1e-3) ** self.robust
        return replace(
            taught, weights=weights if taught.weights is None else taught.weights * weights
        )


def _sure(answers: Answers) -> Floats:
    """How sure the teacher is of each answer, ``[texts]``; 1 where it does not say."""
    confidence = answers.confidence
    return np.where(confidence > 0, confidence, 1.0)
