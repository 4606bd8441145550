"""How right an answer is, from 0 to 1: one grader for each kind of task.

A grader is a value: a study, a cascade or a router that is given one passes it down to whatever
compares answers. `grader_for` picks one where none is named. Where every grade is 0 or 1 a grader
is ``binary``: then exact tests apply.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any, ClassVar

import numpy as np

from .answer import ABSTAIN
from .cost import Floats
from .data import Dataset, Text
from .errors import UnderdogError
from .protocols import Grader
from .values import PARSED, Piece, is_pieces, members, number, pieces

FUNCTIONS = "underdog.graders"
"""The group of entry points under which a package offers functions that grade."""

STEPS = 50
"""Distinct numbers, at most, that are taken for the steps of a scale."""


@dataclass(frozen=True)
class Exact:
    """1 where the answer is one of the right answers, else 0.

    A label is compared letter by letter. A text is compared word by word, as by `TokenF1`: case and
    punctuation do not count.
    """

    says: ClassVar[str] = "right"
    binary: ClassVar[bool] = True

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; an abstention is wrong, NaN where no answer is known.

        Sets of labels are equal in any order, numbers however they are written.
        """
        if data.task.kind == "labels":
            return SetOverlap().grade(texts, values, data) // 1.0
        if data.task.kind == "number":
            return Tolerance(1e-9).grade(texts, values, data)
        if data.task.kind == "text":
            return best(values, data, _same_text)
        return best(values, data, lambda value, right: float(value == right))


@dataclass(frozen=True)
class TokenF1:
    """The F1 of words shared with the best reference (Rajpurkar et al., EMNLP 2016).

    Case and punctuation do not count.
    """

    says: ClassVar[str] = "token F1"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; an abstention gets 0, NaN where no reference is known."""
        return best(values, data, token_f1)


@dataclass(frozen=True)
class Tolerance:
    """1 where the number is within ``absolute`` of a right one, else 0; no number is wrong."""

    absolute: float = 0.5
    binary: ClassVar[bool] = True

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return f"within {self.absolute:g}"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no number is known."""
        slack = self.absolute * (1 + 1e-9) + 1e-12  # 4.5 is within 0.5 of 4, whatever floats say
        return best(
            values, data, lambda value, right: float(abs(number(value) - number(right)) <= slack)
        )


@dataclass(frozen=True)
class Closeness:
    """One minus the error as a share of ``span``, at least 0; the mean is 1 - MAE / span."""

    span: float = 1.0

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return f"close (1 - error / {self.span:g})"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; no number gets 0, NaN where no number is known."""

        def close(value: str, right: str) -> float:
            error = abs(number(value) - number(right)) / self.span
            return max(0.0, 1.0 - error) if error == error else 0.0

        return best(values, data, close)


@dataclass(frozen=True)
class SetOverlap:
    """The Jaccard index of the answered and the right labels (Godbole & Sarawagi, PAKDD 2004).

    Two empty sets agree; see `core.values` for how sets are written. An abstention is wrong.
    """

    says: ClassVar[str] = "set overlap"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where the right labels are unknown."""
        grades = [
            np.nan if not known else jaccard(set(members(value)), set(right)) * (value != ABSTAIN)
            for value, right, known in zip(values, data.right, data.known.tolist(), strict=True)
        ]
        return np.array(grades, np.float64)


@dataclass(frozen=True)
class Entities:
    """The F1 of the pieces of a text that are found, each with its kind (Tjong Kim Sang & De
    Meulder, CoNLL 2003).

    A piece counts as often as it is named; its case and white space do not count. Two empty lists
    agree. The mean is over texts: one with a single piece weighs as much as one with many.
    """

    says: ClassVar[str] = "entity F1"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; an answer that names no pieces readably gets 0, NaN where
        no right answer is known.
        """
        return best(values, data, _entity_f1)


@dataclass(frozen=True)
class Function:
    """A user's own function, which a package offers as an entry point called ``name``.

    The entry point belongs to the group ``underdog.graders``; the function takes the answer and
    one right answer, both texts, and returns a grade in [0, 1]. The best right answer counts.
    """

    name: str

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return self.name

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no answer is known.

        Raises `UnderdogError` for an unknown name, or a grade outside [0, 1].
        """
        graded = best(values, data, _function(self.name))
        known = graded[~np.isnan(graded)]
        if ((known < 0) | (known > 1)).any():
            raise UnderdogError(
                f"the grader {self.name!r} returned {known[(known < 0) | (known > 1)][0]:g}",
                "return a grade from 0 (wrong) to 1 (right)",
            )
        return graded


EXACT = Exact()


def grader_for(data: Dataset) -> Grader:
    """The grader that is used for ``data`` unless another one is named.

    Numbers are right within half a step of their scale, or, where they have no steps, within a
    tenth of their standard deviation.
    """
    kind = data.task.kind
    if kind == "number":
        return Tolerance(_half_step(data.numbers[~np.isnan(data.numbers)]))
    if kind == "text" and is_extraction(data):
        return Entities()
    graders: dict[str, Grader] = {"label": EXACT, "labels": SetOverlap(), "text": TokenF1()}
    return graders[kind]


def is_extraction(data: Dataset) -> bool:
    """Whether every right answer to a task of texts names pieces of the text."""
    right = [answer for several in data.right for answer in several]
    return bool(right) and all(is_pieces(answer) for answer in right)


def is_exact(grader: Grader, data: Dataset) -> bool:
    """Whether grades are 0 or 1, by equality of single labels: then exact tests apply."""
    return grader == EXACT and data.task.kind == "label"


def needs(grader: Grader) -> tuple[str, ...]:
    """What ``grader`` cannot grade without: "reference", "source", "samples" … (`Dataset`)."""
    return tuple(getattr(grader, "needs", ("reference",)))


def says(grader: Grader) -> str:
    """What a mean grade of ``grader`` says, after a number: "right", "set overlap"."""
    return str(getattr(grader, "says", type(grader).__name__))


def jaccard(said: set[str], right: set[str]) -> float:
    """Shared members over all members; 1 for two empty sets."""
    return len(said & right) / len(said | right) if said | right else 1.0


def token_f1(said: str, right: str) -> float:
    """The harmonic mean of precision and recall of the words of ``said``; 1 if both have none.

    >>> token_f1("The cat sat.", "the cat")
    0.8
    """
    mine, theirs = Counter(_words(said)), Counter(_words(right))
    if not mine and not theirs:
        return 1.0
    shared = (mine & theirs).total()
    return 2 * shared / (mine.total() + theirs.total())


def _entity_f1(said: str, right: str) -> float:
    mine, gold = pieces(said), _right_pieces(right)
    if mine is None or gold is None:
        return 0.0
    ours = Counter(map(_plain, mine))
    total = ours.total() + gold.total()
    return 2 * (ours & gold).total() / total if total else 1.0


@lru_cache(PARSED)
def _right_pieces(right: str) -> Counter[Piece] | None:
    """The pieces that a right answer names, counted, which must not be changed; None if none."""
    found = pieces(right)
    return None if found is None else Counter(map(_plain, found))


def _same_text(said: str, right: str) -> float:
    """1 for the same words, and for the same pieces however the answer writes them."""
    return float(
        _words(said) == _words(right) or (is_pieces(right) and _entity_f1(said, right) == 1)
    )


def _plain(piece: tuple[str, str]) -> tuple[str, str]:
    kind, text = (" ".join(part.casefold().split()) for part in piece)
    return kind, text


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _half_step(numbers: Floats) -> float:
    distinct = np.unique(numbers)
    if len(distinct) < 2:
        return 0.5
    if len(distinct) <= STEPS:
        return float(f"{np.diff(distinct).min() / 2:.3g}")
    return float(f"{numbers.std() / 10:.2g}")


def _function(name: str) -> Callable[[str, str], Any]:
    found = {entry.name: entry for entry in entry_points(group=FUNCTIONS)}
    if name not in found:
        raise UnderdogError(
            f"no package offers a grader called {name!r}",
            f"offered: {', '.join(sorted(found)) or 'none'}; how to offer one: docs/tasks.md",
        )
    function: Callable[[str, str], Any] = found[name].load()
    return function


def best(values: Sequence[str], data: Dataset, score: Callable[[str, str], float]) -> Floats:
    """The best score of each value against any of its right answers, ``[values]``.

    NaN where there is none; an abstention gets 0.
    """
    grades = [
        max((float(score(v, r)) for r in right), default=np.nan)
        if v != ABSTAIN or not right
        else 0.0
        for v, right in zip(values, data.right, strict=True)
    ]
    return np.array(grades, np.float64)
