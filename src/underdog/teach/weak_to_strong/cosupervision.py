"""Several weak teachers as one: each counts by how reliable it is estimated to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ...combine.prompted import labelling
from ...core.answer import ABSTAIN, Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fitted, samples_seen
from ...core.task import require_kind
from ...runtime.registry import register, spec
from ...runtime.schema import Array, Number
from ..distil.recipe import FOLDS
from ..label.label_model import LabelModel
from ..label.votes import Votes
from .experts import responsibilities
from .unseen import unseen


@register(
    "cosupervised",
    sample="cosupervised([majority(), bayes()])",
    holds={"rounds": Number(1, 100)},
)
@dataclass(frozen=True)
class Cosupervised:
    """Several weak ``teachers``, whose reliability is estimated without gold labels, as one model.

    Without ``experts`` it is that of Dawid & Skene (1979): which labels each teacher gets right,
    and what it says in the place of the others. With a recipe as ``experts`` it depends on the
    text (hierarchical mixture of experts: Liu & Alahi, 2024): by turns, a model of the labels so
    far tells which teacher it agrees with on each text, and a gate learns from the text which
    teacher that is, ``rounds`` times. That suits teachers that know different parts of the field.
    Rows with a label take part; teachers that are recipes learn from them first, and are judged
    by answers to rows that they did not learn from.
    """

    reads_unlabelled: ClassVar[bool] = True

    teachers: tuple[Model | Learner, ...]
    experts: Learner | None = None
    rounds: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "teachers", tuple(self.teachers))
        if not self.teachers:
            raise UnderdogError(
                "co-supervision needs a teacher", "as in: cosupervised([linear(), bayes()])"
            )
        if self.experts is not None and len(self.teachers) < 2:
            raise UnderdogError(
                "between one teacher there is nothing for experts to choose",
                "name two or more, or leave out experts",
            )

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `Council`, or with ``experts`` a `Gated` council.

        Raises `UnderdogError` without labels to choose from, or for a teacher that cannot be
        fitted.
        """
        data = dataset(data)
        require_kind(data.task, "cosupervised", "label")
        if not data.task.labels:
            raise UnderdogError("there are no labels to choose from", "name them: --labels a,b,c")
        labels = data.task.labels
        teachers = tuple([fitted(labelling(t), data, seed) for t in self.teachers])
        said = [self._said(t, m, data, seed) for t, m in zip(self.teachers, teachers, strict=True)]
        names = tuple(spec(t) for t in self.teachers)
        if self.experts is None:
            votes = Votes.of(labels, names, said)
            model = LabelModel.learn(votes, data.targets)
            return Council(teachers, labels, model.prior, model.confusion)
        ballots = np.stack([answers.matrix(labels) for answers in said], axis=1)
        share = responsibilities(self.experts, data, ballots, self.rounds, seed)
        named = tuple(map(str, range(len(teachers))))
        best = tuple([named[j] for j in share.argmax(axis=1).tolist()])
        task = replace(data.task, labels=named, spellings=(), descriptions=())
        which = replace(data.relabelled(best, share), task=task, weights=None)
        return Gated(teachers, labels, self.experts.fit(which, seed))

    def samples_seen(self, data: Dataset) -> float:
        """Examples read by all fits."""
        gate = (
            (1 + 2 * FOLDS * self.rounds) * samples_seen(self.experts, data) if self.experts else 0
        )
        return gate + sum(samples_seen(labelling(t), data) for t in self.teachers)

    def _said(self, thing: Model | Learner, model: Model, data: Dataset, seed: int) -> Answers:
        """What the teacher says about every text; about those that it learned from, what it would
        say if it had not.
        """
        answers, recipe = model.answer(data.texts), labelling(thing)
        known = np.flatnonzero(data.known)
        if not isinstance(recipe, Learner) or not len(known):
            return answers
        return answers.put(known, unseen(recipe, data.take(known), seed))


def _disagreement(m: Any) -> str:
    """What is wrong with a `Council` that has the fields of ``m``."""
    whole = m.teachers and m.confusion.shape == (len(m.teachers), len(m.labels), len(m.labels) + 1)
    positive = whole and (m.confusion > 0).all() and (m.prior > 0).all()
    return "" if positive else "teachers, labels and their reliability do not agree"


@register(
    "cosupervised.model",
    holds={"prior": Array("labels"), "confusion": Array("teachers", "labels", "answers")},
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class Council:
    """Asks every teacher and weighs what it says by its reliability.

    ``prior``, ``[labels]``, and ``confusion``, ``[teachers, labels, labels + 1]``, are those of a
    `LabelModel`. A text on which all teachers abstain is abstained on.
    """

    teachers: tuple[Model, ...]
    labels: tuple[str, ...]
    prior: Floats
    confusion: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The likeliest labels, with probabilities ``[texts, labels]`` and all teachers' costs."""
        said = [teacher.answer(texts) for teacher in self.teachers]
        votes = Votes.of(self.labels, tuple(map(str, range(len(said)))), said)
        return pooled(self.labels, LabelModel(self.prior, self.confusion).posterior(votes), said)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How often each teacher is estimated to be right."""
        right = LabelModel(self.prior, self.confusion).reliability.tolist()
        shown = ", ".join(f"{one:.0%}" for one in right)
        return (Fact("reliability", f"estimated shares of right labels: {shown}", right),)


@register("cosupervised.gated")
@dataclass(frozen=True, eq=False)
class Gated:
    """Weighs each teacher's probabilities by how likely it is the one to ask about that text.

    ``gate`` is a model whose labels are the places of the ``teachers``: '0', '1' and so on.
    """

    teachers: tuple[Model, ...]
    labels: tuple[str, ...]
    gate: Model

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The likeliest labels, with probabilities ``[texts, labels]`` and all models' costs."""
        said = [teacher.answer(texts) for teacher in self.teachers]
        which = self.gate.answer(texts)
        share = which.matrix(tuple(map(str, range(len(said)))))
        ballots = np.stack([answers.matrix(self.labels) for answers in said], axis=1)
        probs = np.einsum("tj,tjk->tk", share, ballots)
        total = probs.sum(axis=1, keepdims=True)
        even = np.full_like(probs, 1 / max(1, len(self.labels)))
        return pooled(self.labels, np.divide(probs, total, out=even, where=total > 0), said, which)


def pooled(
    labels: tuple[str, ...], probs: Floats, said: Sequence[Answers], *others: Answers
) -> Answers:
    """The likeliest label of each row of ``probs``, ``[texts, labels]``, billed for all that was
    asked; an abstention where all teachers abstain.
    """
    parts = (*said, *others)
    answers = Answers.likeliest(labels, probs, np.sum([part.costs for part in parts], axis=0))
    silent = np.all([[v == ABSTAIN for v in one.values] for one in said], axis=0)
    values = [ABSTAIN if s else v for s, v in zip(silent, answers.values, strict=True)]
    paths = [sum(path, ()) for path in zip(*[part.paths for part in parts], strict=True)]
    return replace(
        answers,
        values=tuple(values),
        probs=np.where(silent[:, None], np.nan, probs),
        paths=tuple(paths),
    )
