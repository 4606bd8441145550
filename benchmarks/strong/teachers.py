"""Three specialised teachers, each trained on its own subject, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.strong.settings import Settings, kept
from benchmarks.strong.tasks import LABELLED, Field, embedded, field, names, sides, vectors
from underdog.core.answer import Answers
from underdog.core.data import Dataset, Text
from underdog.core.protocols import Model
from underdog.models.linear.recipe import Linear
from underdog.runtime.formatting import percent, points
from underdog.runtime.registry import build
from underdog.teach.label.votes import Votes
from underdog.teach.weak_to_strong.cosupervision import Cosupervised
from underdog.teach.weak_to_strong.recipe import WeakToStrong

EXPERTS = "frozen(c_value=10.0, sharpness=1.0)"
TEACHERS = 3
BETTER = 0.02
AUDITED = 100
ARMS = ("experts", "audited")
"""Co-supervision without a gold label, and with a hundred."""

HOWS = (*ARMS, "labels", "majority", "best")
KEYS = tuple(f"{what}:{how}" for how in HOWS for what in ("teacher", "student"))


def teachers(said: Settings) -> Iterator[list[str]]:
    """A line for each task; then how often co-supervision is two points above both others."""
    won = {(what, arm): 0 for what in ("teacher", "student") for arm in ARMS}
    chosen = said.only or names()
    for name in chosen:
        found = kept(f"teachers-{name}", said, KEYS, partial(_scores, name, said))
        for what in ("teacher", "student"):
            others = max(found[f"{what}:majority"], found[f"{what}:best"])
            gained = {arm: found[f"{what}:{arm}"] - others for arm in ARMS}
            for arm in ARMS:
                won[what, arm] += gained[arm] >= BETTER
            more = ", ".join(f"{arm} {points(gained[arm])}" for arm in ARMS)
            shown = ", ".join(f"{how} {percent(found[f'{what}:{how}'])}" for how in HOWS)
            yield [
                f"{name}, three subjects, as a {what}",
                "points over both",
                "",
                f"{more}; {shown}",
            ]
    for (what, arm), n in won.items():
        told = f"{n} of {len(chosen)} tasks"
        yield [f"{arm}, as a {what}", "≥ 2 points above both", "4 of 6", told]


def _scores(name: str, said: Settings, keys: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The accuracies of the combined teachers, and of the students that learn from them."""
    labelled = TEACHERS * LABELLED
    texts = max(LABELLED, said.texts - labelled + LABELLED)  # those of `gap`: vectors are kept
    parts = field(name, texts, said.tests, labelled=labelled)
    unlabelled = parts.many.relabelled([None] * len(parts.many))
    gold = [y if i < AUDITED else None for i, y in enumerate(parts.many.labels)]
    audited, strong = parts.many.relabelled(gold), build(EXPERTS)
    with embedded(parts):
        single = _specialists(parts)
        made: dict[str, Callable[[], Model]] = {
            "labels": lambda: Cosupervised(single).fit(unlabelled),
            "experts": lambda: Cosupervised(single, strong).fit(unlabelled),
            "audited": lambda: Cosupervised(single, strong).fit(audited),
            "majority": lambda: Majority(single, parts.many.task.labels),
            "best": lambda: max(single, key=lambda one: _accuracy(one, parts.test)),
        }
        for how in dict.fromkeys(key.partition(":")[2] for key in keys):
            model = made[how]()
            yield f"teacher:{how}", _accuracy(model, parts.test)
            student = WeakToStrong(strong, model).fit(unlabelled)
            yield f"student:{how}", _accuracy(student, parts.test)


def _specialists(parts: Field) -> tuple[Model, ...]:
    """A model for each of three subjects: groups of texts that k-means finds."""
    from sklearn.cluster import KMeans

    known = vectors(parts)
    rows = [np.concatenate([known[side] for side in sides([text])]) for text in parts.few.texts]
    group = KMeans(TEACHERS, n_init=4, random_state=0).fit_predict(rows)
    return tuple(
        [Linear().fit(parts.few.take(np.flatnonzero(group == j))) for j in range(TEACHERS)]
    )


def _accuracy(model: Model, test: Dataset) -> float:
    return float((model.answer(test.texts).indices(test.task.labels) == test.targets).mean())


@dataclass(frozen=True)
class Majority:
    """The label that most of ``models`` say; of equally many, that of the first."""

    models: tuple[Model, ...]
    labels: tuple[str, ...]

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The labels, without probabilities."""
        said = [model.answer(texts) for model in self.models]
        votes = Votes.of(self.labels, tuple(map(str, range(len(said)))), said)
        values = [self.labels[k] for k in votes.majority().tolist()]
        return Answers.said(values, np.sum([one.costs for one in said], axis=0), "majority")
