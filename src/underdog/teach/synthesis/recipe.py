"""Further texts for a student, used only where they are shown to help: `Augmented`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact, describe
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, samples_seen
from ...runtime.formatting import dollars, points
from ...runtime.progress import step
from ...runtime.registry import register
from ...runtime.schema import Number
from .source import Made, Source, cleaned, similarity

FOLDS = 4
"""Parts of the real texts, each of which judges students of the others, with and without."""

Z = 1.959964


@dataclass(frozen=True)
class Proof:
    """What further texts brought in cross-validation on real texts: points of accuracy.

    ``gain`` is a paired difference and ``low`` to ``high`` its 95 % interval; ``texts`` judged.
    """

    gain: float
    low: float
    high: float
    texts: int

    @property
    def helped(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.low > 0

    def sentence(self) -> str:
        """The verdict in words."""
        said = "helped" if self.helped else "do not augment"
        spread = f"[{points(self.low)}, {points(self.high)}]"
        return f"{said}: {points(self.gain)} points {spread} on {self.texts:,} held-out real texts"


@register("augmented.model")
@dataclass(frozen=True)
class AugmentedModel:
    """The ``student``, of real texts alone unless further ones helped; and the ``verdict``."""

    student: Model
    verdict: str
    used: int

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The student's answers."""
        return self.student.answer(texts)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """Whether further texts helped, and what they cost; and the facts of the student."""
        return (Fact("augmentation", self.verdict, self.used), *describe(self.student, texts))


@register("augmented", sample="augmented(majority(), edits())", holds={"weight": Number(0, 100)})
@dataclass(frozen=True)
class Augmented:
    """Fits ``student`` to the data and to what ``source`` adds, if that is shown to help.

    Students of three quarters of the real texts, with and without what was made from them, answer
    the last quarter; only if the 95 % interval of the difference is above 0 does the student learn
    from the further texts as well. Else it is what it would be without. A further text counts
    ``weight`` times as much as a real one. Empty texts and near duplicates are dropped. The proof
    costs eight fits.
    """

    student: Learner
    source: Source
    weight: float = 0.5

    def __post_init__(self) -> None:
        if not callable(getattr(self.source, "more", None)):
            raise UnderdogError(
                f"{self.source!r} gives no further texts", "as in: augmented(linear(), edits())"
            )

    def fit(self, data: Data, seed: int = 0) -> Model:
        """An `AugmentedModel`; raises `UnderdogError` as the source and the student do."""
        data = dataset(data)
        made = cleaned(self.source.more(data, seed), data)
        proof = prove(self.student, data, made, self.weight, seed)
        both = joined(data, made, self.weight) if proof.helped else data
        verdict = f"{proof.sentence()}; {_made(made)}"
        used = len(made.data) if proof.helped else 0
        return AugmentedModel(self.student.fit(both, seed), verdict, used)

    def samples_seen(self, data: Dataset) -> float:
        """Examples read by all fits of the student, as many further texts as real ones."""
        return (3 * FOLDS + 2) * samples_seen(self.student, data)


def prove(student: Learner, data: Dataset, made: Made, weight: float, seed: int) -> Proof:
    """What ``made`` adds to ``student``, cross-validated on the real ``data``.

    A text that was made from a held-out one takes no part in that fold.
    """
    known = data.take(data.targets >= 0)
    back = np.flatnonzero(data.targets >= 0)
    fold_of = known.fold_of(FOLDS, seed)
    gains: list[Floats] = [np.zeros(0)]
    with step("with and without", 2 * FOLDS) as advance:
        for i in range(FOLDS):
            train, test = known.divided(fold_of == i)
            if len(set(train.labels)) < 2 or not len(test):
                continue
            rows = set(back[fold_of != i].tolist())
            fair = [j for j, origin in enumerate(made.origins) if rows.issuperset(origin)]
            plain = replace(train, columns={})
            arms = (plain, joined(plain, made.take(fair), weight))
            right = []
            for arm in arms:
                said = student.fit(arm, seed).answer(test.texts).indices(data.task.labels)
                right.append((said == test.targets).astype(np.float64))
                advance(1)
            gains.append(right[1] - right[0])
    every = np.concatenate(gains)
    if len(every) < 2:
        return Proof(0.0, -1.0, 1.0, len(every))
    mean, slack = float(every.mean()), Z * float(every.std(ddof=1)) / np.sqrt(len(every))
    return Proof(mean, mean - float(slack), mean + float(slack), len(every))


def joined(data: Dataset, made: Made, weight: float) -> Dataset:
    """The real examples and the further ones, which count ``weight`` times as much."""
    if not len(made.data):
        return data
    further = replace(
        made.data, weights=np.full(len(made.data), weight), columns={}, soft=None, groups=None
    )
    return Dataset.join([replace(data, columns={}, groups=None), further])


def _made(made: Made) -> str:
    lost = ", ".join(f"{n:,} dropped as {reason}" for reason, n in made.dropped)
    alike = f"mean similarity {similarity(made.data.texts):.3f}"
    texts = f"{len(made.data):,} further texts, {dollars(made.cost.dollars)}, {alike}"
    return f"{texts}; {lost}" if lost else texts
