"""Repair: answers are verified, and those that fail are rewritten, where that is shown to help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType

import numpy as np

from ...combine.confidence import RIGHT, WRONG, Confidence, Verifier
from ...combine.prompted import labelling
from ...combine.seconded import Seconded, agreement
from ...core.answer import ABSTAIN, Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact, describe
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.graders import grader_for
from ...core.protocols import Grader, Learner, Model, fitted
from ...models.linear.recipe import Linear
from ...runtime.registry import register
from .candidates import FOLDS, Reads, reader, unseen
from .gate import Gate, chosen
from .rewriters import Choice, Rewriter, Writer, claims, read_along, second, stacked, writes

ASKED = 300
"""Training rows, the least sure ones, about which a rewriter that writes is asked in a fit."""

FEW = 2 * FOLDS
"""Right answers, and wrong ones, without which no verifier is learned: all are rewritten then."""

_LINEAR = Linear()


@register("refined.model")
@dataclass(frozen=True)
class RefinedModel:
    """The answers of ``model``, of which the ``rewriter`` replaces those that fail.

    An answer fails if ``verifier`` gives it a confidence below the threshold of ``gate``; without a
    verifier all do. The rewriter sees what the models ``reads`` say of the text too; they are asked
    about failing answers only. None in its place leaves every answer as it is.
    """

    model: Model
    verifier: Confidence | None
    rewriter: Rewriter | None
    reads: tuple[Model, ...]
    gate: Gate

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers, rewritten where they fail, billed for all that was asked about each."""
        answers = self.model.answer(texts)
        if self.rewriter is None or not len(answers):
            return answers
        sure: Floats = np.zeros(len(answers))
        if self.verifier is not None:
            answers, sure = self.verifier.weigh(texts, answers)
        rows = np.flatnonzero(sure < self.gate.threshold)
        if not len(rows):
            return answers
        failed = [texts[i] for i in rows.tolist()]
        before = answers.take(rows)
        said = [before, *[other.answer(failed) for other in self.reads]]
        better = self.rewriter.rewrite(failed, said)
        for one in reversed(said):
            better = better.after(one)
        return answers.put(rows, better)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """What rewriting brings, or that it is switched off; and the facts of the model."""
        told = Fact("refining", self.gate.sentence(), self.gate.share if self.rewriter else 0.0)
        return (told, *describe(self.model, texts))


@register("refined", sample="refined(majority(), None, bayes())")
@dataclass(frozen=True)
class Refined:
    """Verifies the answers of ``model`` and rewrites only those that fail, if that helps.

    ``verifier`` is a recipe that learns which answers are right, a model of pairs (text, answer),
    a confidence such as `probability()` or ``seconded(linear())``, or None, by which all answers
    are rewritten. ``rewriter`` is a recipe that learns to give the answer from the text and all
    that was said of it (LMCor: Vernikos et al., EACL 2024); where answers are no single labels it
    learns to pick one of them (CoBB: Kim et al., EMNLP 2024). A model in its place, as
    ``chat('gpt-5-mini')``, is asked to revise (Verify-and-Edit: Zhao et al., ACL 2023).
    ``reads`` are what it reads besides: further models, ``recorded('other')``, and names of columns
    of written text, such as a model's thoughts.

    What rewriting brings is measured on held-out rows of the training data. Unless the 95 %
    interval is above 0 it is switched off, and the model answers as it would alone.
    """

    model: Model | Learner
    verifier: Learner | Model | Confidence | None = _LINEAR
    rewriter: Learner | Model = _LINEAR
    reads: tuple[Reads, ...] = ()

    def __post_init__(self) -> None:
        fit_for = {"verifier": (Learner, Model, Confidence, NoneType), "rewriter": (Learner, Model)}
        for name, kinds in fit_for.items():
            if not isinstance(getattr(self, name), kinds):
                raise UnderdogError(
                    f"{getattr(self, name)!r} is no {name}",
                    "as in: refined(recorded('gpt4_answer'), linear(), linear())",
                )

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `RefinedModel`, which rewrites or, if that was not shown to help, does not."""
        data = dataset(data)
        known = data.take(data.known)
        grader = grader_for(known)
        others = tuple([reader(one, known, seed) for one in self.reads])
        first = unseen(labelling(self.model), known, seed, "answers to verify")
        said = [first, *self._said(others, known, seed)]
        verifier, sure = self._verifier(known, first, grader, seed)
        rewriter, after = self._rewriter(known, said, sure, grader, seed)
        before = np.nan_to_num(grader.grade(known.texts, first.values, known))
        gate = chosen(sure, before, after, known.fold_of(FOLDS, seed))
        model = fitted(labelling(self.model), data, seed)
        if not gate.helps:
            return RefinedModel(model, None, None, (), gate)
        return RefinedModel(model, verifier, rewriter, others, gate)

    def samples_seen(self, data: Dataset) -> float:
        """Examples that all fits read: of the model, the verifier and the rewriter."""
        return 3.0 * FOLDS * len(data)

    def _said(self, others: Sequence[Model], known: Dataset, seed: int) -> list[Answers]:
        pairs = zip(self.reads, others, strict=True)
        return [
            unseen(one if isinstance(one, Learner) else model, known, seed, "answers to read")
            for one, model in pairs
        ]

    def _verifier(
        self, known: Dataset, first: Answers, grader: Grader, seed: int
    ) -> tuple[Confidence | None, Floats]:
        """The verifier, and how sure it is of each answer to a row that it has not seen."""
        given, none = self.verifier, np.zeros(len(known))
        if given is None:
            return None, none
        if isinstance(given, Seconded):
            other = unseen(labelling(given.model), known, seed, "second answers")
            return given.fitted(known, seed), agreement(first, other, known.task.kind)
        if isinstance(given, Learner):
            judged = claims(known, [first], grader)
            if min((judged.labels.count(one) for one in (RIGHT, WRONG)), default=0) < FEW:
                return None, none
            verdicts = unseen(given, judged, seed, "verifying")
            rows = np.flatnonzero([value != ABSTAIN for value in first.values])
            none[rows] = verdicts.matrix((RIGHT, WRONG))[:, 0]
            return Verifier(given.fit(judged, seed)), none
        verifier = given if isinstance(given, Confidence) else Verifier(given)
        return verifier, verifier.weigh(known.texts, first)[1]

    def _rewriter(
        self, known: Dataset, said: list[Answers], sure: Floats, grader: Grader, seed: int
    ) -> tuple[Rewriter, Floats]:
        """What rewrites, and the grade of each of its answers to a row that it has not seen."""
        given = self.rewriter
        if writes(given):
            writer = Writer(given, known.task)  # type: ignore[arg-type]
            rows = np.argsort(sure, kind="stable")[:ASKED]
            some = known.take(rows)
            better = writer.rewrite(some.texts, [one.take(rows) for one in said])
            after = np.nan_to_num(grader.grade(known.texts, said[0].values, known))
            after[rows] = np.nan_to_num(grader.grade(some.texts, better.values, some))
            return writer, after
        assert isinstance(given, Learner)
        if known.task.kind == "label":
            beside = read_along(known, said)
            held = unseen(given, beside, seed, "rewriting").matrix(known.task.labels)
            values = second(held, said, known, known.fold_of(FOLDS, seed))
            after = np.nan_to_num(grader.grade(known.texts, values, known))
            return stacked(given.fit(beside, seed), held, said, known), after
        return self._picker(given, known, said, grader, seed)

    def _picker(
        self, given: Learner, known: Dataset, said: list[Answers], grader: Grader, seed: int
    ) -> tuple[Rewriter, Floats]:
        judged = claims(known, said, grader)
        right = unseen(given, judged, seed, "judging").matrix((RIGHT, WRONG))[:, 0]
        top, after, at = np.full(len(known), -1.0), np.zeros(len(known)), 0
        for one in said:
            grades = grader.grade(known.texts, one.values, known)
            spoke = np.array([value != ABSTAIN for value in one.values]) & ~np.isnan(grades)
            sure = np.full(len(known), -1.0)
            sure[spoke] = right[at : at + int(spoke.sum())]
            at += int(spoke.sum())
            after = np.where(sure > top, np.nan_to_num(grades), after)
            top = np.maximum(top, sure)
        return Choice(given.fit(judged, seed)), after
