"""The answers of a small and a large model to the same rows, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...combine.cascade import Cascade
from ...core.answer import Answers
from ...core.cost import FIELDS, Floats
from ...core.data import Dataset

Mask = NDArray[np.bool_]
LabelIndices = NDArray[np.intp]
DOLLARS = FIELDS.index("dollars")
NO_LABEL = -1


@dataclass(frozen=True, eq=False)
class PairedAnswers:
    """Both models' answers to the same rows; every array has the shape ``[rows]``.

    ``small``, ``large`` and ``gold`` are indices into ``labels``; `NO_LABEL` stands for an
    abstention, an answer that is no label, or a missing gold label. ``confidence`` is that of the
    small model's answer. ``small_dollars`` includes the cost of the confidence score.
    """

    labels: tuple[str, ...]
    confidence: Floats
    small: LabelIndices
    large: LabelIndices
    gold: LabelIndices
    small_dollars: Floats
    large_dollars: Floats

    @classmethod
    def of(cls, data: Dataset, small: Answers, confidence: Floats, large: Answers) -> PairedAnswers:
        """The answers ``small`` and ``large`` to every row of ``data``, as indices of labels."""
        labels = data.task.labels
        return cls(
            labels,
            confidence,
            label_indices(small.values, labels),
            label_indices(large.values, labels),
            data.targets,
            small.costs[:, DOLLARS],
            large.costs[:, DOLLARS],
        )

    def __len__(self) -> int:
        return len(self.confidence)

    def take(self, rows: NDArray[Any]) -> PairedAnswers:
        """The given rows (indices, or a mask of shape ``[rows]``), in that order."""
        columns = (
            self.confidence,
            self.small,
            self.large,
            self.gold,
            self.small_dollars,
            self.large_dollars,
        )
        return PairedAnswers(self.labels, *(column[rows] for column in columns))

    def shuffled(self, seed: int) -> PairedAnswers:
        """The rows in random order: files are often sorted, and betting bounds depend on order."""
        return self.take(np.random.default_rng(seed).permutation(len(self)))


def label_indices(values: Any, labels: tuple[str, ...]) -> LabelIndices:
    """The index of each value in ``labels``, shape ``[values]``; `NO_LABEL` if it is not there."""
    index = {label: k for k, label in enumerate(labels)}
    return np.array([index.get(value, NO_LABEL) for value in values], np.intp)


def answer_both(cascade: Cascade, data: Dataset) -> PairedAnswers:
    """Ask both stages of ``cascade`` about every row of ``data``, and charge for both."""
    (small, large), (signal,) = cascade.stages, cascade.sure
    answers, confidence = signal.weigh(data.texts, small.answer(data.texts))
    return PairedAnswers.of(data, answers, confidence, large.answer(data.texts))
