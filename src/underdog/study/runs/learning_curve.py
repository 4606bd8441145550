"""Learning curves: accuracy by the number of labels, and inside the training part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset
from ...core.graders import EXACT
from ...core.protocols import Buys, Grader, Learner, Model
from ...evaluate.stats import wilson
from ...runtime.progress import step
from ...runtime.registry import register, spec
from .run import Pairs, Run

SHARES = (0.125, 0.25, 0.5)
"""Shares of the training part that a curve is measured at, before the whole."""

FEWEST = 8
"""Below this many training examples a share is not worth a point."""


@register("study.point")
@dataclass(frozen=True)
class CurvePoint:
    """``hits`` right answers to ``tests`` texts after learning from ``examples``.

    Of answers that are graded, ``hits`` is the sum of the grades.
    """

    spec: str
    examples: int
    share: float
    hits: float
    tests: int

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return self.hits / self.tests

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval for the accuracy (Wilson, JASA 1927)."""
        return wilson(self.hits, self.tests)


@register("study.curve")
@dataclass(frozen=True, eq=False)
class Curve:
    """A contestant's points, fewest examples first, and its accuracy inside the training part.

    ``right`` says for each text of one half of the training part whether what was learned from the
    other half is right on it: 1 or 0, ``[texts]``. Choices between contestants are made by it,
    never by the test part.
    """

    points: tuple[CurvePoint, ...]
    right: Floats

    @property
    def held_out(self) -> float:
        """The accuracy inside the training part."""
        return float(self.right.mean()) if len(self.right) else 0.0

    def like(self, other: Curve) -> bool:
        """Whether ``other`` is no worse for certain: within one standard error on equal texts."""
        if len(self.right) != len(other.right) or not len(self.right):
            return False
        gaps = self.right - other.right
        return bool(abs(gaps.mean()) <= gaps.std() / np.sqrt(len(gaps)))


def curve(
    learner: Learner, train: Dataset, test: Dataset, seed: int = 0, grader: Grader = EXACT
) -> Curve:
    """Fit ``learner`` on an eighth, a quarter and a half of ``train``; nested, drawn per label.

    A learner that buys its labels has all of the texts at each point, and buys so many fewer.
    """
    name, points, right = spec(learner), [], np.zeros(0)
    with step(f"learning curve of {name}", len(SHARES)) as advance:
        for share in SHARES:
            part, fewer = train.sample(share, seed), bought(learner, share)
            if len(part) >= FEWEST:
                one, data, labels = learner, part, len(part)
                if fewer:
                    one, data, labels = fewer[0], train, fewer[1]
                model = one.fit(data, seed)
                hits = _hits(model.answer(test.texts), test, grader)
                points.append(CurvePoint(name, labels, share, hits, len(test)))
                if share == SHARES[-1]:
                    model = learner.fit(part, seed) if fewer else model
                    seen = set(part.clusters)
                    rest = train.take([i for i, c in enumerate(train.clusters) if c not in seen])
                    right = _grades(model.answer(rest.texts), rest, grader)
            advance(1)
    return Curve(tuple(points), right)


def bought(learner: Model | Learner, share: float) -> tuple[Learner, int] | None:
    """``learner`` with a ``share`` of the labels that it may buy, and how many; else None."""
    return learner.bought(share) if isinstance(learner, Buys) else None


def expected(run: Run, pairs: Pairs) -> float:
    """Seconds that `curve` will take with a contestant, if it goes at the pace of ``run``."""
    train, test = pairs[0]
    asked = len(SHARES) * len(test) + len(train) / 2
    each = run.wall / max(1, sum(len(test) for _, test in pairs))
    return sum(SHARES) * (run.fit.seconds or 0.0) + asked * each


def last_point(
    run: Run, one: Model | Learner, train: Dataset, test: Dataset, grader: Grader = EXACT
) -> CurvePoint:
    """The point with all of ``train``: the study's own first run of ``one``."""
    hits = _hits(run.answers.take(range(len(test))), test, grader)
    whole = bought(one, 1.0)
    return CurvePoint(run.spec, whole[1] if whole else len(train), 1.0, hits, len(test))


def _grades(answers: Answers, test: Dataset, grader: Grader) -> Floats:
    """How right each answer is, in [0, 1]: ``[texts]``."""
    if not len(test):
        return np.zeros(0)
    return np.nan_to_num(grader.grade(test.texts, answers.values, test))


def _hits(answers: Answers, test: Dataset, grader: Grader) -> float:
    """The sum of the grades; a whole number where answers are right or wrong."""
    total = float(_grades(answers, test, grader).sum())
    return int(total) if total.is_integer() else total
