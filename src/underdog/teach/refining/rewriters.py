"""What gives another answer: a stack that reads, a scorer that picks, a model that writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...combine.confidence import RIGHT, WRONG, claim
from ...combine.prompted import Prompted
from ...core.answer import ABSTAIN, Answers
from ...core.cost import Floats
from ...core.data import Dataset, Task, Text
from ...core.protocols import Decider, Grader, Learner, Model
from ...core.reading import read_answers
from ...models.training.examples import softmax
from ...runtime.registry import register
from ...runtime.schema import Array
from ..weighing import Weighing, fit_weights
from .candidates import columns, composed

SMALL = 1e-9

REVISE = (
    "An answer to the text below may be wrong. Read the text and the answers that were given, and"
    " give the right answer."
)


@register(
    "refined.stack",
    holds={"weights": Array("columns", "labels"), "bias": Array("labels")},
)
@dataclass(frozen=True, eq=False)
class Stack:
    """A small model's probabilities, and those of the answers that it read, weighed together.

    The small model reads the text and all answers (LMCor: Vernikos et al., EACL 2024). Its
    log-probabilities count ``factor`` times; ``weights``, ``[columns, labels]``, are those of the
    answers, and ``bias`` is ``[labels]``.
    """

    small: Model
    task: Task
    factor: float
    weights: Floats
    bias: Floats

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the task."""
        return self.task.labels

    def rewrite(self, texts: Sequence[Text], said: Sequence[Answers]) -> Answers:
        """The likeliest label of each text, given what the models ``said``."""
        found = self.small.answer(together(texts, said))
        z = np.log(np.maximum(found.matrix(self.labels), SMALL))
        weighed = Weighing(self.factor, self.weights, self.bias)
        probs = softmax(weighed.logits(columns(said, self.task), z))
        return Answers.likeliest(self.labels, probs, found.costs, "refined")


@register("refined.picker")
@dataclass(frozen=True)
class Choice:
    """Picks among what the models said the answer that ``judge`` finds likeliest to be right."""

    judge: Model

    def rewrite(self, texts: Sequence[Text], said: Sequence[Answers]) -> Answers:
        """One of the answers to each text; an abstention where all abstained."""
        best = Answers.said([ABSTAIN] * len(texts), np.zeros((len(texts), 6)), "refined")
        top = np.full(len(texts), -1.0)
        costs = np.zeros((len(texts), 6))
        values = list(best.values)
        for one in said:
            claims = [claim(text, value) for text, value in zip(texts, one.values, strict=True)]
            verdicts = self.judge.answer(claims)
            costs = costs + verdicts.costs
            right = verdicts.matrix((RIGHT, WRONG))[:, 0]
            right = np.where([value != ABSTAIN for value in one.values], right, -1.0)
            values = [
                mine if p > q else value
                for mine, value, p, q in zip(one.values, values, right, top, strict=True)
            ]
            top = np.maximum(top, right)
        return replace(best, values=tuple(values), costs=costs, sure=np.maximum(top, 0.0))


@register("refined.writer")
@dataclass(frozen=True)
class Writer:
    """Asks ``model`` for the answer again, and shows it the answers that were given."""

    model: Model
    task: Task

    def rewrite(self, texts: Sequence[Text], said: Sequence[Answers]) -> Answers:
        """What the model answers when it is shown what was ``said``."""
        asked = [f"{text}\n{answers}" for text, answers in together(texts, said)]
        if self.task.kind == "label" or isinstance(self.model, Decider):
            task = replace(self.task, instruction=f"{REVISE}\n{self.task.instruction}".strip())
            return Prompted(self.model, task).answer(asked)
        prompts = [f"{REVISE}\n\n{one}\n\nRight answer:" for one in asked]
        return read_answers(self.model.answer(prompts), self.task)


Rewriter = Stack | Choice | Writer


def together(texts: Sequence[Text], said: Sequence[Answers]) -> list[tuple[str, str]]:
    """Each text beside what the models ``said`` of it."""
    rows = zip(texts, *[answers.values for answers in said], strict=True)
    return [composed(text, values) for text, *values in rows]  # type: ignore[misc]


def read_along(data: Dataset, said: Sequence[Answers]) -> Dataset:
    """``data`` with each text beside what was ``said`` of it; equal texts stay in one group."""
    texts = tuple(together(data.texts, said))
    return replace(data, texts=texts, groups=data.clusters, references=None)


def second(
    held: Floats, said: Sequence[Answers], data: Dataset, folds: NDArray[np.intp]
) -> tuple[str, ...]:
    """The label that the stack gives each row, with weights learned from the other ``folds``."""
    z, x, y = np.log(np.maximum(held, SMALL)), columns(said, data.task), data.targets
    best = np.zeros(len(data), np.intp)
    for fold in np.unique(folds):
        here = folds == fold
        learned = ~here & (y >= 0)
        if learned.any():
            made = fit_weights(x[learned], z[learned], y[learned])
            best[here] = made.logits(x[here], z[here]).argmax(axis=1)
    return tuple([data.task.labels[k] for k in best.tolist()])


def writes(thing: object) -> bool:
    """Whether ``thing`` is a model that can be asked to revise, not a recipe that learns to."""
    return isinstance(thing, Model) and not isinstance(thing, Learner)


def stacked(small: Model, held: Floats, said: Sequence[Answers], data: Dataset) -> Stack:
    """The stack of ``small``, whose held-out probabilities ``held`` are ``[rows, labels]``."""
    z, y = np.log(np.maximum(held, SMALL)), data.targets
    made = fit_weights(columns(said, data.task)[y >= 0], z[y >= 0], y[y >= 0])
    return Stack(small, data.task, made.factor, made.weights, made.bias)


def claims(data: Dataset, said: Sequence[Answers], grader: Grader) -> Dataset:
    """Every answer to every row as a pair (text, answer), labelled right or wrong.

    Answers to the same text stay in one group. Abstentions and unknown grades are left out.
    """
    texts: list[Text] = []
    labels: list[str] = []
    groups: list[str] = []
    for one in said:
        grades = grader.grade(data.texts, one.values, data)
        for i, (value, grade) in enumerate(zip(one.values, grades.tolist(), strict=True)):
            if value != ABSTAIN and grade == grade:
                texts.append(claim(data.texts[i], value))
                labels.append(RIGHT if grade >= 0.5 else WRONG)
                groups.append(data.clusters[i])
    task = Task("right or wrong", (RIGHT, WRONG))
    return Dataset(task, tuple(texts), tuple(labels), groups=tuple(groups))
