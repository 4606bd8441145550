"""Labels put right: those that look wrong to a small model are asked about again, differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from ...combine.prompted import ASKED, Prompted, labelling
from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact, describe
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fitted, samples_seen
from ...runtime.formatting import dollars
from ...runtime.out_of_fold import out_of_fold
from ...runtime.registry import register
from ...runtime.schema import Number
from .choosing import Rows

FOLDS = 5
"""Parts for out-of-fold probabilities: each label is judged by a model of four fifths."""

AGAIN = (
    "An earlier answer to this question was doubted. Read the text twice, think of what speaks for"
    " and against each label, and only then answer."
)
"""What is put before the question when it is asked again."""


@dataclass(frozen=True, eq=False)
class Repair:
    """What came of asking again: the ``data`` with new labels, and how it was got.

    ``suspicion``, ``[examples]``, is how wrong each old label looks, from 0 to 1; the ``rows``
    asked about are the most suspect ones, worst first, and ``answers`` what was said about them.
    """

    data: Dataset
    old: tuple[str | None, ...]
    suspicion: Floats
    rows: Rows
    answers: Answers

    @property
    def changed(self) -> int:
        """How many labels are new."""
        return sum(a != b for a, b in zip(self.old, self.data.labels, strict=True))

    @property
    def price(self) -> float | None:
        """Dollars for all answers; None if unknown."""
        return self.answers.total.dollars

    def sentence(self) -> str:
        """What was done and what it cost, in words."""
        each = None if self.price is None else self.price / max(self.changed, 1)
        told = f", {dollars(each)} a changed label" if self.changed else ""
        return (
            f"asked again about {len(self.rows):,} of {len(self.old):,} labels, changed "
            f"{self.changed:,}: {dollars(self.price)}{told}"
        )


def suspicions(student: Learner, data: Dataset, seed: int = 0) -> Floats:
    """How much a student that has not learned from a label would rather give another one.

    From 0 to 1, shape ``[examples]``: half of 1 plus the likeliest other label's probability minus
    its own; 0 for an example without a label. It is 1 minus cleanlab's normalised margin
    (Northcutt et al., JAIR 2021), which ranks wrong labels better than its default, the label's own
    probability (`benchmarks.teacher`).
    """
    found = np.zeros(len(data))
    label = "looking for wrong labels"
    for fold in out_of_fold(student, data, FOLDS, seed, labels=2, label=label):
        rows = fold.rows
        probs, at = fold.answers.matrix(data.task.labels).copy(), fold.test.targets
        own = probs[np.arange(len(rows)), at]
        probs[np.arange(len(rows)), at] = -1.0
        found[rows] = np.where(at >= 0, (1 + probs.max(axis=1) - own) / 2, 0.0)
    return found


def repair(
    data: Dataset, student: Learner, teacher: Learner | Model, share: float = 0.15, seed: int = 0
) -> Repair:
    """Ask ``teacher`` again about the ``share`` of the labels that look most wrong to ``student``.

    Its answer takes the place of the label; where it abstains the label stays. Raises
    `UnderdogError` where no example has a label.
    """
    labelled = int((data.targets >= 0).sum())
    if not labelled:
        raise UnderdogError("there is no label to repair", "name the column: --label COLUMN")
    suspicion = suspicions(student, data, seed)
    n = min(labelled, round(share * labelled))
    rows = np.argsort(-suspicion, kind="stable")[:n]
    model = asked_differently(fitted(labelling(teacher), data, seed))
    answers = model.answer([data.texts[i] for i in rows.tolist()])
    labels, said = list(data.labels), answers.indices(data.task.labels)
    soft = None if data.soft is None else data.soft.copy()
    for i, k in zip(rows.tolist(), said.tolist(), strict=True):
        if k >= 0:
            labels[i] = data.task.labels[k]
            if soft is not None:
                soft[i] = np.eye(len(data.task.labels))[k]
    return Repair(data.relabelled(labels, soft), data.labels, suspicion, rows, answers)


def asked_differently(thing: Any) -> Any:
    """``thing`` with every question in it put in other words, the labels in the reverse order.

    A second answer to the same words would be the first one again.
    """
    if isinstance(thing, Prompted):
        words = thing.task.instruction or ASKED
        task = replace(
            thing.task, instruction=f"{AGAIN} {words}", labels=tuple(reversed(thing.task.labels))
        )
        return replace(thing, task=task)
    if isinstance(thing, tuple):
        return tuple(map(asked_differently, thing))
    if not is_dataclass(thing) or isinstance(thing, type):
        return thing
    changed = {}
    for f in fields(thing):
        old = getattr(thing, f.name)
        if f.init and (new := asked_differently(old)) is not old and new != old:
            changed[f.name] = new
    return replace(thing, **changed) if changed else thing


@register("repaired.model")
@dataclass(frozen=True)
class RepairedModel:
    """The ``student`` of the repaired labels; ``sentence`` says what was asked and changed."""

    student: Model
    sentence: str
    changed: int

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The student's answers."""
        return self.student.answer(texts)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How many labels were changed, at what price; and the facts of the student."""
        return (Fact("repair", self.sentence, self.changed), *describe(self.student, texts))


@register("repaired", sample="repaired(majority(), bayes())", holds={"share": Number(0, 1)})
@dataclass(frozen=True)
class Repaired:
    """Fits ``student`` after ``teacher`` was asked again about labels that look wrong.

    The student, fitted on parts of the data, finds the ``share`` of the labels that it thinks
    least likely; the teacher's answers take their place. A question is put in other words than
    before. Right labels that look wrong cost an answer as well.
    """

    student: Learner
    teacher: Model | Learner
    share: float = 0.15

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `RepairedModel`. Raises `UnderdogError` where no example has a label."""
        data = dataset(data)
        mended = repair(data, self.student, self.teacher, self.share, seed)
        student = self.student.fit(mended.data, seed)
        return RepairedModel(student, mended.sentence(), mended.changed)

    def samples_seen(self, data: Dataset) -> float:
        """Examples read by all fits of the student."""
        return (FOLDS + 1) * samples_seen(self.student, data)
