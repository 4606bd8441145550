"""`label`: texts labelled by annotators of any kind, and what is known of each label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model
from .asking import DOLLARS, Annotator, Purse, asked
from .label_model import LabelModel
from .votes import Places, Votes

COMBINED = ("em", "majority")
"""How several annotators are combined: by their estimated reliability, or one vote each."""

Keep = Callable[[list[Answers]], None]


@dataclass(frozen=True, eq=False)
class Labelling:
    """What ``annotators`` said about the texts of ``data``, and what follows from it.

    ``answers`` has a column for each annotator, over the first ``asked`` texts: those after them
    could not be paid for. Of several annotators the labels are those of the Dawid-Skene model, or
    of the majority. A text on which all abstained has no label.
    """

    data: Dataset
    annotators: tuple[Annotator, ...]
    answers: tuple[Answers, ...]
    combine: str = "em"

    @property
    def asked(self) -> int:
        """How many texts were asked about."""
        return len(self.answers[0])

    @cached_property
    def votes(self) -> Votes:
        """The answers as votes."""
        return Votes.of(self.data.task.labels, [a.spec for a in self.annotators], self.answers)

    @cached_property
    def model(self) -> LabelModel:
        """The Dawid-Skene model of the votes; gold labels in the data take part."""
        return LabelModel.learn(self.votes, self.data.targets[: self.asked])

    @cached_property
    def soft(self) -> Floats:
        """The probability of each label, ``[texts, labels]``; rows of 0 where there is no label."""
        labels, found = (
            self.data.task.labels,
            np.zeros((len(self.data), len(self.data.task.labels))),
        )
        if len(self.answers) == 1:
            probs = self.answers[0].matrix(labels)
        elif self.combine == "majority":
            probs = self.votes.shares()
        else:
            probs = LabelModel.posterior(self.model, self.votes)
        found[: self.asked] = np.where(self._said[:, None], probs, 0.0)
        return found

    @property
    def _said(self) -> Places:
        """Whether at least one annotator labelled each text that was asked about."""
        return np.array(self.votes.counts().sum(axis=1) > 0)

    @cached_property
    def places(self) -> Places:
        """The place of each text's label, ``[texts]``; -1 where there is none."""
        if len(self.answers) > 1 and self.combine == "majority":
            found = self.votes.majority()
        elif len(self.answers) == 1:
            found = self.answers[0].indices(self.data.task.labels)
        else:
            found = np.where(self._said, self.soft[: self.asked].argmax(axis=1), -1)
        rest = np.full(len(self.data) - self.asked, -1)
        return np.concatenate([found, rest])

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The label of each text; None where there is none."""
        names = self.data.task.labels
        return tuple([names[k] if k >= 0 else None for k in self.places.tolist()])

    @property
    def confidence(self) -> Floats:
        """The probability of each label, ``[texts]``; NaN where it is not known."""
        found = np.full(len(self.data), np.nan)
        rows = np.flatnonzero(self.places >= 0)
        if len(self.answers) == 1:
            probs = self.answers[0].confidence
            rows = rows[probs[rows] > 0]
            found[rows] = probs[rows]
        else:
            found[rows] = self.soft[rows, self.places[rows]]
        return found

    @property
    def prices(self) -> Floats:
        """Dollars for each text, ``[texts]``; NaN is unknown, and texts not asked about cost 0."""
        found = np.zeros(len(self.data))
        found[: self.asked] = sum(a.costs[:, DOLLARS] for a in self.answers)
        return found

    @property
    def taught(self) -> Dataset:
        """The data with these labels in the place of any others; unlabelled texts are left out."""
        rows = np.flatnonzero(self.places >= 0)
        several = len(self.answers) > 1 or self.answers[0].probs is not None
        soft = self.soft if several else None
        return replace(self.data.relabelled(self.labels, soft), weights=None).take(rows)

    def agreement(self, combine: str | None = None) -> tuple[int, int]:
        """On how many rows with a gold label the label is right, and of how many such rows.

        ``combine`` is another way of combining than the one at hand. Gold labels that take part in
        a model do not judge it: it is learned again from every second one, for the others.
        """
        truth, several = self.data.targets[: self.asked], len(self.answers) > 1
        if not several or (combine or self.combine) == "majority":
            mine = self.votes.majority()
        else:
            mine, known = np.full(self.asked, -1), np.flatnonzero(truth >= 0)
            for judges in (known[::2], known[1::2]):
                rest = truth.copy()
                rest[judges] = -1
                posterior = LabelModel.learn(self.votes, rest).posterior(self.votes)
                mine[judges] = posterior[judges].argmax(axis=1)
        both = (truth >= 0) & self._said
        return int((mine == truth)[both].sum()), int(both.sum())


def label(
    data: Dataset,
    by: Sequence[Learner | Model],
    *,
    budget: float | None = None,
    combine: str = "em",
    earlier: Sequence[Answers] = (),
    keep: Keep | None = None,
) -> Labelling:
    """Label the texts of ``data`` by each of ``by``, and combine what they say.

    ``budget`` is the most that may be spent, in dollars: when the next texts might not be paid
    for, the rest stay unlabelled. ``keep`` is handed each part as it is answered; ``earlier`` is
    what a stopped run had answered, a column for each of ``by``. Inside ``with
    default_store().open():`` no question is paid for twice. Raises `UnderdogError` without labels
    to choose from, and for a budget where a price is unknown.
    """
    if combine not in COMBINED:
        raise UnderdogError(f"labels cannot be combined by {combine!r}", f"one of: {COMBINED}")
    if not by or not data.task.labels:
        raise UnderdogError(
            "there are no labels to choose from" if by else "there is no annotator",
            "name them: --labels a,b,c" if by else "name one: --by \"chat('gpt-5-mini')\"",
        )
    annotators = tuple(Annotator.of(thing, data) for thing in by)
    purse, columns = Purse(budget), [[answers] for answers in earlier] or [[] for _ in by]
    done = len(earlier[0]) if earlier else 0
    if done:
        purse.pay(data.texts[:done], np.asarray(sum(a.costs[:, DOLLARS] for a in earlier)))
    for answers in asked(annotators, data, purse, done):
        if keep:
            keep(answers)
        for column, one in zip(columns, answers, strict=True):
            column.append(one)
    if not columns[0]:
        raise UnderdogError("not one text could be paid for", "raise the budget, as in: --budget 5")
    return Labelling(data, annotators, tuple(map(Answers.join, columns)), combine)
