"""Performance gap recovered: how far a student went from its weak teacher to the ceiling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.cost import Floats
from ..core.data import Dataset
from ..core.graders import EXACT
from ..core.protocols import Grader, Model
from .resample import bootstrap
from .stats import LEVEL

RESAMPLES = 2_000
STANDARD_ERRORS = 2.0
"""So many standard errors the ceiling must be above the weak teacher."""


@dataclass(frozen=True)
class Gap:
    """The scores of a ``weak`` teacher, its strong ``student`` and the ``ceiling``, the strong
    model of gold labels; and the share of the gap that the student recovered.

    ``error`` is the standard error of ``ceiling - weak``. Where that is less than two of them,
    ``share`` and its 95 % interval, ``low`` to ``high``, are None: a share of noise says nothing.
    """

    weak: float
    student: float
    ceiling: float
    error: float
    share: float | None
    low: float | None
    high: float | None
    texts: int

    @property
    def withheld(self) -> bool:
        """Whether there is too little of a gap to tell what was recovered."""
        return self.share is None

    def sentence(self) -> str:
        """The gap and what was recovered of it, in words."""
        scores = f"weak {self.weak:.3f}, student {self.student:.3f}, ceiling {self.ceiling:.3f}"
        if self.share is None or self.low is None or self.high is None:
            gap = (
                f"{self.ceiling - self.weak:+.3f}, less than two standard errors ({self.error:.3f})"
            )
            return f"{scores}: withheld, the gap is {gap}"
        interval = f"95 % [{self.low:.2f}, {self.high:.2f}]"
        return f"{scores}: {self.share:.2f} of the gap recovered, {interval}, {self.texts:,} texts"


def recovered(
    weak: Model, student: Model, ceiling: Model, test: Dataset, grader: Grader = EXACT
) -> Gap:
    """Ask the three models about the labelled texts of ``test``, and compare them there.

    Texts whose grade is unknown are left out. Raises `ValueError` without a labelled text.
    """
    rows = np.flatnonzero(test.known)
    known = test.take(rows)
    grades = [
        grader.grade(known.texts, model.answer(known.texts).values, known)
        for model in (weak, student, ceiling)
    ]
    usable = ~np.isnan(np.sum(grades, axis=0))
    clusters = [c for c, use in zip(known.clusters, usable.tolist(), strict=True) if use]
    low, middle, high = (grade[usable] for grade in grades)
    return gap(low, middle, high, clusters)


def gap(
    weak: Floats,
    student: Floats,
    ceiling: Floats,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Gap:
    """The `Gap` of three models' grades of the same texts, each of shape ``[texts]``.

    The share is ``(student - weak) / (ceiling - weak)`` (Burns et al., ICML 2024); its interval is
    the percentile bootstrap over texts or, if given, ``clusters``. Raises `ValueError` without a
    text.
    """
    if not len(weak):
        raise ValueError("there is no labelled text to compare the models on")
    grades = np.stack([weak, student, ceiling])
    blocks = bootstrap(len(weak), clusters, RESAMPLES, seed)
    drawn = np.concatenate([grades @ w / np.maximum(w.sum(axis=0), 1) for w in blocks], axis=1)
    low, mine, high = grades.mean(axis=1).tolist()
    error = float((drawn[2] - drawn[0]).std(ddof=1))
    if high - low <= STANDARD_ERRORS * error or math.isclose(high, low):
        return Gap(low, mine, high, error, None, None, None, len(weak))
    gained, possible = drawn[1] - drawn[0], drawn[2] - drawn[0]
    endless = np.where(gained == 0, 0.0, np.copysign(np.inf, gained))
    shares = np.divide(gained, possible, out=endless, where=possible > 0)
    tail = (1 - LEVEL) / 2
    first, last = np.quantile(shares, [tail, 1 - tail], method="nearest").tolist()
    return Gap(low, mine, high, error, (mine - low) / (high - low), first, last, len(weak))
