"""How right an answer is, from 0 to 1: one grader for each kind of task."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.answer import ABSTAIN
from ..core.cost import Floats
from ..core.data import Dataset, Task, Text
from ..core.protocols import Grader

SEPARATOR = "|"
"""Stands between the labels of one answer to a multi-label task."""


@dataclass(frozen=True)
class Exact:
    """1 where the answer is one of the right answers, letter by letter, else 0."""

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; an abstention is wrong, NaN where no answer is known."""
        return _best(values, data, lambda value, right: float(value == right and value != ABSTAIN))


@dataclass(frozen=True)
class TokenF1:
    """The F1 of words shared with the best reference (Rajpurkar et al., EMNLP 2016).

    Case and punctuation do not count.
    """

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no reference is known."""
        return _best(values, data, token_f1)


@dataclass(frozen=True)
class Tolerance:
    """1 where the number is within ``absolute`` of a right one, else 0; no number is wrong."""

    absolute: float = 1e-9

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no number is known."""
        return _best(
            values, data, lambda value, right: abs(number(value) - number(right)) <= self.absolute
        )


@dataclass(frozen=True)
class SetOverlap:
    """The Jaccard index of the answered and the right labels (Godbole & Sarawagi, PAKDD 2004).

    An answer writes its labels with `SEPARATOR` between them. Two empty sets agree. An example
    without references counts as unknown; one whose set of references is empty does not.
    """

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where the right labels are unknown."""
        known = data.references is not None
        grades = [
            jaccard(labels_in(value), set(right)) if right or known else np.nan
            for value, right in zip(values, data.right, strict=True)
        ]
        return np.array(grades, np.float64)


def grader_for(task: Task) -> Grader:
    """The grader that is used for ``task`` unless another one is named."""
    graders: dict[str, Grader] = {
        "label": Exact(),
        "labels": SetOverlap(),
        "number": Tolerance(),
        "text": TokenF1(),
    }
    return graders[task.kind]


def labels_in(value: str) -> set[str]:
    """The labels that an answer to a multi-label task names.

    >>> sorted(labels_in("b | a|"))
    ['a', 'b']
    """
    return {part.strip() for part in value.split(SEPARATOR) if part.strip()}


def jaccard(said: set[str], right: set[str]) -> float:
    """Shared members over all members; 1 for two empty sets."""
    return len(said & right) / len(said | right) if said | right else 1.0


def token_f1(said: str, right: str) -> float:
    """The harmonic mean of precision and recall of the words of ``said``; 1 if both have none.

    >>> token_f1("The cat sat.", "the cat")
    0.8
    """
    mine, theirs = (Counter(re.findall(r"\w+", text.casefold())) for text in (said, right))
    if not mine and not theirs:
        return 1.0
    shared = (mine & theirs).total()
    return 2 * shared / (mine.total() + theirs.total())


def number(value: str) -> float:
    """The number that ``value`` is, NaN if it is none or not finite."""
    try:
        found = float(value)
    except ValueError:
        return np.nan
    return found if np.isfinite(found) else np.nan


def _best(values: Sequence[str], data: Dataset, score: Callable[[str, str], float]) -> Floats:
    """The best score of each value against any of its right answers; NaN where there is none."""
    pairs = zip(values, data.right, strict=True)
    return np.array(
        [max((float(score(value, r)) for r in right), default=np.nan) for value, right in pairs],
        np.float64,
    )
