"""The answers of a small and a large model to the same rows, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...combine.cascade import Cascade
from ...combine.confidence import Probability
from ...core.answer import ABSTAIN, Answers
from ...core.cost import FIELDS, Floats
from ...core.data import Dataset
from ...core.graders import grader_for, is_exact, says
from ...core.protocols import Grader

Mask = NDArray[np.bool_]
LabelIndices = NDArray[np.intp]
DOLLARS = FIELDS.index("dollars")
NO_LABEL = -1


@dataclass(frozen=True, eq=False)
class Losses:
    """One minus the grades of answers, each ``[rows]`` in [0, 1], and what a mean grade ``says``.

    ``small`` and ``large`` are those of the two models, 1 where no right answer is known;
    ``apart`` grades the small model's answers by the large model's. ``binary`` tells that a grade
    is always 0 or 1, so that exact tests apply.
    """

    small: Floats
    large: Floats
    apart: Floats
    says: str
    binary: bool

    @classmethod
    def of(cls, data: Dataset, small: Answers, large: Answers, grader: Grader) -> Losses:
        """The losses of the answers ``small`` and ``large`` to every row of ``data``."""
        by_large = data.relabelled([value or None for value in large.values])

        def loss(answers: Answers, right: Dataset) -> Floats:
            return 1.0 - np.nan_to_num(grader.grade(data.texts, answers.values, right))

        binary = bool(getattr(grader, "binary", False))
        losses = loss(small, data), loss(large, data), loss(small, by_large)
        return cls(*losses, says(grader), binary)

    def take(self, rows: NDArray[Any]) -> Losses:
        """The losses at the given rows."""
        parts = self.small[rows], self.large[rows], self.apart[rows]
        return Losses(*parts, self.says, self.binary)


@dataclass(frozen=True, eq=False)
class PairedAnswers:
    """Both models' answers to the same rows; every array has the shape ``[rows]``.

    ``small``, ``large`` and ``gold`` are indices into ``labels``; `NO_LABEL` stands for an
    abstention, an answer that is no label, or a missing gold label. Where answers are graded,
    ``losses`` says how wrong they are, and the indices only which are missing. ``confidence`` is
    that of the small model's answer. ``small_dollars`` includes the cost of the confidence score.
    """

    labels: tuple[str, ...]
    confidence: Floats
    small: LabelIndices
    large: LabelIndices
    gold: LabelIndices
    small_dollars: Floats
    large_dollars: Floats
    losses: Losses | None = None

    @classmethod
    def of(
        cls,
        data: Dataset,
        small: Answers,
        confidence: Floats,
        large: Answers,
        grader: Grader | None = None,
    ) -> PairedAnswers:
        """The answers ``small`` and ``large`` to every row of ``data``.

        ``grader`` is by default that of the kind of task.
        """
        grader = grader or grader_for(data)
        labels, losses = data.task.labels, None
        first, last, gold = (
            label_indices(small.values, labels),
            label_indices(large.values, labels),
            data.targets,
        )
        if not is_exact(grader, data):
            first, last, gold = _given(small), _given(large), np.where(data.known, 0, NO_LABEL)
            losses = Losses.of(data, small, large, grader)
        dollars = small.costs[:, DOLLARS], large.costs[:, DOLLARS]
        return cls(labels, confidence, first, last, gold, *dollars, losses)

    @property
    def small_loss(self) -> Floats:
        """How wrong the small model's answers are, in [0, 1]; 1 where that is not known."""
        if self.losses is not None:
            return self.losses.small
        return np.asarray((self.small != self.gold) | (self.gold < 0), np.float64)

    @property
    def large_loss(self) -> Floats:
        """How wrong the large model's answers are, in [0, 1]; 1 where that is not known."""
        if self.losses is not None:
            return self.losses.large
        return np.asarray((self.large != self.gold) | (self.gold < 0), np.float64)

    @property
    def apart(self) -> Floats:
        """How far the small model's answers are from the large model's, in [0, 1]."""
        if self.losses is not None:
            return self.losses.apart
        return np.asarray(self.small != self.large, np.float64)

    def __len__(self) -> int:
        return len(self.confidence)

    def take(self, rows: NDArray[Any]) -> PairedAnswers:
        """The given rows (indices, or a mask of shape ``[rows]``), in that order."""
        return PairedAnswers(
            self.labels,
            self.confidence[rows],
            self.small[rows],
            self.large[rows],
            self.gold[rows],
            self.small_dollars[rows],
            self.large_dollars[rows],
            None if self.losses is None else self.losses.take(rows),
        )

    def shuffled(self, seed: int) -> PairedAnswers:
        """The rows in random order: files are often sorted, and betting bounds depend on order."""
        return self.take(np.random.default_rng(seed).permutation(len(self)))


def label_indices(values: Any, labels: tuple[str, ...]) -> LabelIndices:
    """The index of each value in ``labels``, shape ``[values]``; `NO_LABEL` if it is not there."""
    index = {label: k for k, label in enumerate(labels)}
    return np.array([index.get(value, NO_LABEL) for value in values], np.intp)


def _given(answers: Answers) -> LabelIndices:
    """0 for each answer, `NO_LABEL` for an abstention; shape ``[rows]``."""
    return np.array([NO_LABEL if v == ABSTAIN else 0 for v in answers.values], np.intp)


def answer_both(cascade: Cascade, data: Dataset, grader: Grader | None = None) -> PairedAnswers:
    """Ask both stages of ``cascade`` about every row of ``data``, and charge for both."""
    small, large = cascade.stages
    signal = cascade.sure[0] if cascade.sure else Probability()
    answers, confidence = signal.weigh(data.texts, small.answer(data.texts))
    return PairedAnswers.of(data, answers, confidence, large.answer(data.texts), grader)
