"""One contestant on one question: fitted, asked and weighed once, and kept for ever after."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdog.core.answer import Answers
from underdog.core.cost import Floats
from underdog.core.data import Dataset
from underdog.core.protocols import Learner, Model, fitted
from underdog.models.recorded import Recorded
from underdog.runtime.cache import Cache, key
from underdog.runtime.persist import save
from underdog.runtime.registry import register, spec
from underdog.study.runs.run import Run, run
from underdog.study.test_set import TestSet

FULL, QUARTER = 1.0, 0.25
"""The shares of the training part that a contestant may learn from."""

SHARES = {FULL: "full", QUARTER: "quarter"}


@dataclass(frozen=True, eq=False)
class Question:
    """What a study asks: who learns from ``train`` is asked ``test``.

    A test text with soft labels has several right answers: all that its distribution allows.
    ``about`` says in a sentence where the parts come from.
    """

    name: str
    about: str
    train: Dataset
    test: Dataset

    @classmethod
    def of(cls, name: str, about: str, train: Dataset, test: Dataset) -> Question:
        """A question whose parts both know what is on record in either of them."""
        archive = train.archive.joined(test.archive)
        return cls(name, about, replace(train, archive=archive), replace(test, archive=archive))

    @property
    def tokens(self) -> float:
        """About how many tokens the test texts have: a quarter of their bytes."""
        return TestSet.of([self.test]).tokens

    @cached_property
    def several(self) -> bool:
        """Whether some test text has more than one right answer."""
        return bool((self.accepted.sum(axis=1) > 1).any())

    @cached_property
    def accepted(self) -> NDArray[np.bool_]:
        """Which labels are right for each test text, ``[texts, labels]``."""
        if self.test.soft is not None:
            return np.greater(self.test.soft, 0)
        return np.equal.outer(self.test.targets, np.arange(len(self.test.task.labels)))

    def right(self, answers: Answers) -> Floats:
        """1 where the answer is a right one, else 0; shape ``[texts]``."""
        place = {label: k for k, label in enumerate(self.test.task.labels)}
        said = np.array([place.get(value, -1) for value in answers.values])
        hits: Floats = np.where(said >= 0, self.accepted[np.arange(len(said)), said], 0.0)
        return hits


@dataclass(frozen=True)
class Piece:
    """One thing to do: ``contestant`` learns from a ``share`` of what ``question`` has."""

    question: Question
    contestant: Learner | Model
    share: float = FULL
    seed: int = 0

    @property
    def name(self) -> str:
        """What is shown while it is done, and what ``--only`` looks at."""
        share = SHARES[self.share]
        return f"{self.question.name}, {share}: {spec(self.contestant)}, seed {self.seed}"

    @property
    def key(self) -> str:
        """The key of everything that the outcome depends on."""
        parts = self.question.train, self.question.test
        return key(self.contestant, parts, self.seed, "trial", self.share)

    def done(self) -> Trial:
        """The contestant, fitted and asked."""
        train = self.question.train
        part = train if self.share == FULL else train.sample(self.share, self.seed)
        watched = Watched(self.contestant)
        found = run(watched, [(part, self.question.test)], self.seed)
        return watched.trial(found)


@register("examples.trial")
@dataclass(frozen=True, eq=False)
class Trial:
    """What came of a piece.

    ``fitting`` is the seconds on the clock that the fit took, ``size`` the bytes of the saved
    model, ``moved`` the share of its parameters that training moved, where it is known.
    """

    run: Run
    learned_from: int
    fitting: float
    size: int
    moved: float | None


class Watched:
    """A contestant under a stop-watch, which remembers the model that was made."""

    def __init__(self, contestant: Learner | Model) -> None:
        self.contestant = contestant

    def __repr__(self) -> str:
        return spec(self.contestant)

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """What the contestant learns."""
        start = perf_counter()
        self.model = fitted(self.contestant, data, seed)
        self.fitting, self.learned_from = perf_counter() - start, len(data)
        return self.model

    def trial(self, found: Run) -> Trial:
        """``found``, with what only the model itself can tell."""
        model = self.model
        moved = getattr(model, "trained", None)
        return Trial(found, self.learned_from, self.fitting, _size(model), moved)


@dataclass(frozen=True)
class Desk:
    """Where pieces are done: finished ones are kept in ``cache``.

    Pieces whose name lacks ``only`` are not begun, and none is after the clock says ``end``.
    ``tell`` is told what is begun.
    """

    cache: Cache
    only: str = ""
    end: float = float("inf")
    tell: Callable[[str], None] = lambda _: None

    def trial(self, piece: Piece) -> Trial | None:
        """What came of ``piece``, now or earlier; None if it is not done, nor to be done now."""
        if isinstance(piece.contestant, Recorded):
            return piece.done()  # reading a column takes no time
        kept: Trial | None = self.cache.get(piece.key)
        if kept is None and self.only in piece.name and perf_counter() < self.end:
            self.tell(piece.name)
            kept = piece.done()
            self.cache.put(piece.key, kept)
        return kept


Trials = Mapping[str, list[Trial]]
"""What was done of a question with one share of its training part, by spec; a trial per seed."""


def _size(model: Any) -> int:
    """Bytes of the model on disk; an encoder that lies in an installed package does not count."""
    with TemporaryDirectory() as folder:
        save(model, Path(folder) / "model")
        return sum(os.path.getsize(path) for path in (Path(folder) / "model").iterdir())
