"""Many models, one voice."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from pathlib import Path
from shutil import rmtree
from time import perf_counter

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.data import Dataset, Text
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..wiring.parallel import SLOW, Crash, each
from ..wiring.persist import load, save
from ..wiring.progress import step
from ..wiring.registry import register, spec
from ..wiring.unfinished import place
from .pools import pool


@register("ensemble.model")
@dataclass(frozen=True)
class Ensemble:
    """Asks every model and pools what they say.

    ``weights``, one for each model (none: all equal), say how much each counts. A bare value
    counts as certainty, an abstention for all labels alike; where all abstain, the ensemble does.
    """

    models: tuple[Model, ...]
    labels: tuple[str, ...]
    pool: str = "geometric"
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        pool(self.pool)
        if not self.models:
            raise UnderdogError("an ensemble needs a model", "as in: ensemble(linear(), n=5)")
        if self.weights and len(self.weights) != len(self.models):
            raise UnderdogError(
                f"{len(self.weights)} weights do not go with {len(self.models)} models",
                "give one for each model, or none",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        votes = [model.answer(texts) for model in self.models]
        weights = np.array(self.weights or [1.0] * len(votes))
        ballots = np.stack([vote.matrix(self.labels) for vote in votes])
        probs = pool(self.pool)(ballots, weights / weights.sum())
        costs = np.sum([vote.costs for vote in votes], axis=0)
        answers = Answers.likeliest(self.labels, probs, costs)
        silent = np.all([[v == ABSTAIN for v in vote.values] for vote in votes], axis=0)
        values = [ABSTAIN if s else v for s, v in zip(silent, answers.values, strict=True)]
        return replace(
            answers,
            values=tuple(values),
            probs=np.where(silent[:, None], np.nan, probs),
            paths=tuple([*map(_chained, zip(*[vote.paths for vote in votes], strict=True))]),
        )


Member = tuple[int, Model, float]
"""Its place in the ensemble, itself, and how much it counts."""


@dataclass(frozen=True)
class Job:
    """A member to fit: on ``data``, or on the bootstrap sample of it that ``sample`` draws.

    A member that took `SLOW` seconds stays in the folder ``kept`` until the ensemble is whole.
    """

    recipe: Learner
    data: Dataset
    seed: int
    kept: Path
    sample: tuple[int, int] | None = None

    def fit(self) -> Model:
        with suppress(UnderdogError):  # none is kept, or one that cannot be read
            kept: Model = load(self.kept)
            return kept
        data, start = self.data, perf_counter()
        if self.sample is not None:
            rows = np.random.default_rng(self.sample).integers(len(data), size=len(data))
            data = data.take(rows)
        model = self.recipe.fit(data, self.seed)
        if perf_counter() - start >= SLOW:
            with suppress(UnderdogError):  # it can be fitted again
                save(model, self.kept)
        return model


Course = Callable[[Learner, Dataset, int, int, Path], Iterator[Member]]
"""Fits up to n members of a recipe on the data from a seed, and gives them as they come.

The last argument is the folder where members are kept meanwhile.
"""


@register("ensemble", sample="ensemble(bayes(), n=3)")
@dataclass(frozen=True)
class EnsembleOf:
    """Fits the same recipe ``n`` times and pools the answers.

    ``how`` the members come to differ: by ``seeds`` alone (for recipes that begin at random), by
    bootstrap samples of the data (``bag``; Breiman, Machine Learning 1996), or each by studying
    what those before it got wrong (``boost``: SAMME by resampling; Zhu et al., Statistics and Its
    Interface 2009), which also decides how much each one counts. ``pool`` is one of geometric,
    arithmetic, majority. Members by seeds or bag are trained side by side, on this machine's
    cores, where one takes seconds. A member whose training crashes is missing, with a warning;
    the ensemble fails only if all do. After a kill, members that took seconds are found again.
    """

    recipe: Learner
    n: int = 5
    how: str = "seeds"
    pool: str = "geometric"

    def __post_init__(self) -> None:
        pool(self.pool)
        if self.how not in COURSES:
            raise UnderdogError(f"no ensemble by {self.how!r}", f"how: {', '.join(COURSES)}")
        if self.n < 1:
            raise UnderdogError(f"an ensemble of {self.n} cannot be", "ask for one or more: n=5")

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """An `Ensemble` of the members that could be trained."""
        kept = place(self, data, seed)
        with step("ensemble", total=self.n) as advance:
            members = []
            for member in COURSES[self.how](self.recipe, data, self.n, seed, kept):
                members.append(member)
                advance(1)
        if not members:
            raise UnderdogError(
                f"not one of {self.n} members could be trained",
                f"see why with one alone: underdog fit {spec(self.recipe)!r} FILE",
            )
        _, models, weights = zip(*sorted(members, key=itemgetter(0)), strict=True)
        alike = len(set(weights)) == 1
        rmtree(kept, ignore_errors=True)
        return Ensemble(models, data.task.labels, self.pool, () if alike else weights)


def _seeds(recipe: Learner, data: Dataset, n: int, seed: int, kept: Path) -> Iterator[Member]:
    return _equals([Job(recipe, data, seed * n + i, kept / str(i)) for i in range(n)])


def _bag(recipe: Learner, data: Dataset, n: int, seed: int, kept: Path) -> Iterator[Member]:
    return _equals([Job(recipe, data, seed * n + i, kept / str(i), (seed, i)) for i in range(n)])


def _equals(jobs: Sequence[Job]) -> Iterator[Member]:
    """Members that do not wait for each other: side by side, where that pays."""
    for at, model in each(Job.fit, jobs):
        if isinstance(model, Crash):
            warnings.warn(f"a member of the ensemble crashed: {model.reason}", stacklevel=2)
        else:
            yield at, model, 1.0


def _boost(recipe: Learner, data: Dataset, n: int, seed: int, kept: Path) -> Iterator[Member]:
    """Each member on a sample in which what was got wrong before is likelier."""
    known = data.take(data.targets >= 0)
    labels, share = len(data.task.labels), np.full(len(known), 1.0 / len(known))
    for i in range(n):
        rng = np.random.default_rng([seed, i])
        rows = rng.choice(len(known), size=len(known), p=share) if i else np.arange(len(known))
        alone = [*_equals([Job(recipe, known.take(rows), seed * n + i, kept / str(i))])]
        if not alone:
            continue
        _, model, _ = alone[0]
        said = model.answer(known.texts).values
        wrong = np.array([a != b for a, b in zip(said, known.labels, strict=True)])
        weight = samme(float(share[wrong].sum()), labels)
        if weight > 0 or not i:  # the first one stays: an ensemble needs a member
            yield i, model, max(weight, 1e-6)
        if weight <= 0 or not wrong.any():  # no better than chance, or nothing left to learn
            return
        share = share * np.exp(weight * wrong)
        share /= share.sum()


COURSES: dict[str, Course] = {"seeds": _seeds, "bag": _bag, "boost": _boost}


def samme(error: float, labels: int) -> float:
    """What a member that errs on ``error`` of the weight counts; 0 or less: no use."""
    error = min(max(error, 1e-6), 1 - 1e-6)
    return float(np.log((1 - error) / error) + np.log(labels - 1))


def _chained(paths: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(chain.from_iterable(paths))
