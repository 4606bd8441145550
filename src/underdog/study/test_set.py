"""The test part of a study: its texts and right answers, and the grader that compares answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..core.graders import EXACT, is_exact, says
from ..core.protocols import Grader
from ..evaluate import graded, metrics

BYTES_PER_TOKEN = 4
"""Tokens are counted alike for every contestant: UTF-8 bytes over four, an estimate."""


@dataclass(frozen=True)
class TestSet:
    """The test part: texts, right answers, labels, what belongs together, and who is right.

    ``grader`` compares answers with the right ones of ``data``, the same texts as a data set;
    None stands for single labels, compared for equality.
    """

    texts: tuple[Text, ...]
    values: tuple[str, ...]
    labels: tuple[str, ...]
    clusters: tuple[str, ...]
    data: Dataset | None = None
    grader: Grader = EXACT
    __test__: ClassVar[bool] = False  # it is no test, whatever pytest makes of its name

    @classmethod
    def of(cls, tests: Sequence[Dataset], grader: Grader = EXACT) -> TestSet:
        """The test parts, one after the other; in folds each text stands in exactly one."""
        whole = Dataset.join(tests)
        return cls(
            whole.texts,
            tuple(str(label) for label in whole.labels),
            tests[0].task.labels,
            tuple(cluster for test in tests for cluster in test.clusters),
            None if is_exact(grader, whole) else whole,
            grader,
        )

    @property
    def kind(self) -> str:
        """The kind of the task, one of `KINDS`."""
        return "label" if self.data is None else self.data.task.kind

    @property
    def says(self) -> str:
        """What a mean grade says, after the number: "right", "set overlap"."""
        return says(self.grader)

    @property
    def binary(self) -> bool:
        """Whether an answer is right or wrong, with nothing in between."""
        return self.data is None or bool(getattr(self.grader, "binary", False))

    def grade(self, values: Sequence[str]) -> Floats:
        """How right each of ``values`` is, in [0, 1], shape ``[texts]``; 0 where unknown."""
        if self.data is None:
            hits = np.array(values, dtype=object) == np.array(self.values, dtype=object)
            return np.asarray(hits, np.float64)
        return np.nan_to_num(self.grader.grade(self.texts, values, self.data))

    def measure(self, answers: Answers) -> graded.Measured:
        """All scores of ``answers``, with their intervals."""
        if self.data is None:
            return metrics.measured(answers, self.values, self.labels, self.clusters)
        return graded.measured(answers, self.data, self.grade(answers.values))

    def label_grades(self, label: str, values: Sequence[str]) -> Floats:
        """Of the texts that have ``label``: whether each was given it, NaN for other texts."""
        k = self.labels.index(label)
        if self.data is None:
            mine = np.array(self.values, dtype=object) == label
            right = self.grade(values)
        else:
            mine = self.data.memberships[:, k] > 0
            right = graded.answered_sets(values, self.data)[:, k]
        return np.where(mine, right, np.nan)

    @property
    def tokens(self) -> float:
        """About how many tokens the texts have."""
        whole = ("".join(text) if isinstance(text, tuple) else text for text in self.texts)
        return sum(len(text.encode("utf-8", "replace")) for text in whole) / BYTES_PER_TOKEN
