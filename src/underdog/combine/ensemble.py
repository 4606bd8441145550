"""Many models, one voice."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
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
from ..core.protocols import Learner, Model, samples_seen
from ..runtime.cache import place
from ..runtime.persist import load, save
from ..runtime.progress import step
from ..runtime.registry import register, spec
from ..runtime.workers.parallel import SLOW, each
from ..runtime.workers.parcel import Crash
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

Members = Generator[Member, None, None]


@register("ensemble.refused")
@dataclass(frozen=True)
class Refused:
    """What is there in place of a member that could not be fitted: what its recipe said."""

    problem: str
    hint: str


Lot = tuple[int, tuple[int, int] | None]
"""What makes a member differ: its seed, and that of the bootstrap sample it learns from."""

REDRAWN = 100
"""Bootstrap samples that are drawn, at most, until one has two labels."""

Course = Callable[[Learner, Dataset, int, int, Path], Members]
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
    arithmetic, majority. Members by seeds or bag are trained side by side: on this machine's
    cores, where one takes seconds, or on the Ray cluster that UNDERDOG_RAY names. A member that
    cannot be fitted is missing, with a warning; the ensemble fails only if none can, for the
    reason of the first. After a kill, members that took seconds are found again.
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
        course = COURSES[self.how](self.recipe, data, self.n, seed, kept)
        members: list[Member] = []
        with step("ensemble", total=self.n) as advance, closing(course):
            for member in course:
                members.append(member)
                advance(1)
        if not members:
            raise UnderdogError(
                f"not one of {self.n} members could be trained",
                f"see why with one alone: underdog fit FILE {spec(self.recipe)!r} --out FOLDER",
            )
        _, models, weights = zip(*sorted(members, key=itemgetter(0)), strict=True)
        alike = len(set(weights)) == 1
        rmtree(kept, ignore_errors=True)
        return Ensemble(models, data.task.labels, self.pool, () if alike else weights)

    def samples_seen(self, data: Dataset) -> float:
        """Examples that all members read."""
        return self.n * samples_seen(self.recipe, data)


def _seeds(recipe: Learner, data: Dataset, n: int, seed: int, kept: Path) -> Members:
    return _equals(recipe, data, {i: (seed * n + i, None) for i in range(n)}, kept)


def _bag(recipe: Learner, data: Dataset, n: int, seed: int, kept: Path) -> Members:
    return _equals(recipe, data, {i: (seed * n + i, (seed, i)) for i in range(n)}, kept)


def _equals(recipe: Learner, data: Dataset, lots: Mapping[int, Lot], kept: Path) -> Members:
    """A member for each place in ``lots``; they do not wait for each other.

    Those that a killed fit has left in the folder ``kept`` come first. Others are left there once
    they have taken `SLOW` seconds together.
    """
    places, some = [], False
    for at in lots:
        try:
            model = load(kept / str(at))
        except UnderdogError:  # none is kept, or one that cannot be read
            places.append(at)
        else:
            some = True
            yield at, model, 1.0
    start, refused = perf_counter(), []
    with closing(each(_fit, (recipe, data), [lots[at] for at in places])) as results:
        for i, model in results:
            if isinstance(model, Crash):
                warnings.warn(f"a member of the ensemble crashed: {model.reason}", stacklevel=2)
            elif isinstance(model, Refused):
                refused.append(model)
            else:
                if perf_counter() - start >= SLOW:
                    with suppress(UnderdogError):  # it can be fitted again
                        save(model, kept / str(places[i]))
                some = True
                yield places[i], model, 1.0
    if refused and not some:
        raise UnderdogError(refused[0].problem, refused[0].hint)
    for one in refused:
        warnings.warn(f"a member of the ensemble is missing: {one.problem}", stacklevel=2)


def _fit(what: tuple[Learner, Dataset], lot: Lot) -> Model | Refused:
    recipe, data = what
    seed, sample = lot
    try:
        return recipe.fit(data if sample is None else _bootstrap(data, sample), seed)
    except UnderdogError as error:
        return Refused(error.problem, error.hint)


def _bootstrap(data: Dataset, seed: tuple[int, int]) -> Dataset:
    """As many examples as there are, drawn with replacement: of two labels, if there are two."""
    rng = np.random.default_rng(seed)
    least = min(2, len(np.unique(data.targets[data.targets >= 0])))
    for _ in range(REDRAWN):
        rows = rng.integers(len(data), size=len(data))
        says = data.targets[rows]
        if len(np.unique(says[says >= 0])) >= least:
            break
    return data.take(rows)


def _boost(recipe: Learner, data: Dataset, n: int, seed: int, kept: Path) -> Members:
    """Each member on a sample in which what was got wrong before is likelier."""
    known = data.take(data.targets >= 0)
    labels, share = len(data.task.labels), np.full(len(known), 1.0 / max(1, len(known)))
    first = True
    for i in range(n):
        rng = np.random.default_rng([seed, i])
        rows = rng.choice(len(known), size=len(known), p=share) if i else np.arange(len(known))
        try:
            fitted = [*_equals(recipe, known.take(rows), {i: (seed * n + i, None)}, kept)]
        except UnderdogError as error:
            if first:
                raise
            warnings.warn(f"a member of the ensemble is missing: {error.problem}", stacklevel=2)
            continue
        if not fitted:  # it crashed
            continue
        [(_, model, _)] = fitted
        said = model.answer(known.texts).values
        wrong = np.array([a != b for a, b in zip(said, known.labels, strict=True)])
        weight = samme(float(share[wrong].sum()), labels)
        if weight > 0 or first:  # an ensemble needs a member
            yield i, model, max(weight, 1e-6)
        if weight <= 0 or not wrong.any():  # no better than chance, or nothing left to learn
            return
        first = False
        share = share * np.exp(weight * wrong)
        share /= share.sum()


COURSES: dict[str, Course] = {"seeds": _seeds, "bag": _bag, "boost": _boost}


def samme(error: float, labels: int) -> float:
    """What a member that errs on ``error`` of the weight counts; 0 or less: no use."""
    error = min(max(error, 1e-6), 1 - 1e-6)
    return float(np.log((1 - error) / error) + np.log(labels - 1))


def _chained(paths: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(chain.from_iterable(paths))
