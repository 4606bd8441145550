"""Ensembles: several models whose answers are pooled into one."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from typing import Any, NoReturn

import numpy as np

from ..core.answer import ABSTAIN, Answer, Answers
from ..core.data import Dataset, Text
from ..core.errors import UnderdogError
from ..core.explaining import Explainer, Explanation, explained
from ..core.explaining.deletion import occlusion
from ..core.explaining.sums import summed
from ..core.given import Data, dataset
from ..core.protocols import Learner, Model, samples_seen
from ..core.task import require_kind
from ..runtime.cache import Cache, key, training
from ..runtime.progress import step
from ..runtime.registry import register, spec
from ..runtime.schema import Number
from ..runtime.workers.attempt import Attempt
from ..runtime.workers.parallel import attempts
from .pools import pool


def _disagreement(m: Any) -> str:
    """What is wrong with an `Ensemble` that has the fields of ``m``."""
    whole = m.models and len(m.weights or m.models) == len(m.models)
    return "" if whole else "members and weights do not agree"


@register("ensemble.model", holds={"weights": Number()}, check=_disagreement)
@dataclass(frozen=True)
class Ensemble:
    """Asks every model and pools their answers.

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
        """The pooled answers, with probabilities ``[texts, labels]`` and the summed costs of all
        members.
        """
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

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """What the members say, and why.

        The geometric pool adds up the members' logits, so their contributions add up too, where
        all explain themselves by logits. Elsewhere words are deleted, and the pool asked again.
        """
        said = [model.answer(texts) for model in self.models]
        reasons = [f"{_votes(row)} of {len(said)} members" for row in zip(*said, strict=True)]
        own = None
        if self.pool == "geometric" and all(isinstance(m, Explainer) for m in self.models):
            own = summed([explained(m, texts) for m in self.models], self.labels, self.weights)
        if own is None:
            own = occlusion(self, texts)
        values = self.answer(texts).values
        return [
            replace(one, value=value, reasons=(reason, *one.reasons))
            for one, value, reason in zip(own, values, reasons, strict=True)
        ]


def _votes(row: Sequence[Answer]) -> str:
    """How many members gave which answer."""
    counts = Counter(answer.value or "no answer" for answer in row).most_common()
    return ", ".join(f"{value!r} by {n}" for value, n in counts)


Lot = tuple[int, tuple[int, int] | None]
"""What makes a member differ: its seed, and the seed of the bootstrap sample it learns from."""

Members = Generator[tuple[int, Attempt[Model], float], None, None]
"""The place of each member in the ensemble, the attempt to fit it, and its weight."""

REDRAWN = 100
"""Bootstrap samples that are drawn, at most, until one has two labels."""

WORTH = 1.0
"""Seconds of training from which a member is kept for a rerun after a kill."""

Course = Callable[[Learner, Dataset, int, int, list[str]], Members]
"""Fits up to n members of a recipe on the data from a seed, and adds their cache keys to a list."""


@register("ensemble", sample="ensemble(bayes(), n=3)", holds={"n": Number(1, 10_000)})
@dataclass(frozen=True)
class EnsembleOf:
    """Fits the same recipe ``n`` times and pools the answers.

    ``how`` says what makes members differ: their random ``seeds`` alone, bootstrap samples of the
    data (``bag``; Breiman, Machine Learning 1996), or samples in which the errors of the members
    before are likelier (``boost``: SAMME by resampling; Zhu et al., Statistics and Its Interface
    2009), which also sets their weights. ``pool`` is one of geometric, arithmetic, majority.
    Members by seeds or bag are fitted in parallel: on this machine's cores, where one takes
    seconds, or on the Ray cluster named by UNDERDOG_RAY. A member that cannot be fitted is left
    out, with a warning. After a kill, members that took seconds are not fitted again.
    """

    recipe: Learner
    n: int = 5
    how: str = "seeds"
    pool: str = "geometric"

    def __post_init__(self) -> None:
        pool(self.pool)
        if not hasattr(self.recipe, "fit"):
            raise UnderdogError(
                "an ensemble is made of one recipe, fitted again and again",
                "as in: ensemble(linear(), n=5)",
            )
        if self.how not in COURSES:
            raise UnderdogError(f"no ensemble by {self.how!r}", f"how: {', '.join(COURSES)}")
        if self.n < 1:
            raise UnderdogError(f"an ensemble of {self.n} cannot be", "ask for one or more: n=5")

    def fit(self, data: Data, seed: int = 0) -> Model:
        """An `Ensemble` of the members that could be fitted; `UnderdogError` if none could."""
        data = dataset(data)
        require_kind(data.task, "ensemble", "label")
        members, missing, keys = [], [], list[str]()
        course = COURSES[self.how](self.recipe, data, self.n, seed, keys)
        with step("ensemble", total=self.n) as advance, closing(course):
            for at, made, weight in course:
                if made.value is None:
                    missing.append(made)
                else:
                    members.append((at, made.value, weight))
                advance(1)
        if not members:
            self._give_up(missing)
        for made in missing:
            warnings.warn(f"a member of the ensemble is missing: {made.problem}", stacklevel=2)
        _, models, weights = zip(*sorted(members, key=itemgetter(0)), strict=True)
        alike = len(set(weights)) == 1
        Cache(training()).remove(*keys)
        return Ensemble(models, data.task.labels, self.pool, () if alike else weights)

    def _give_up(self, missing: Sequence[Attempt[Model]]) -> NoReturn:
        for made in missing:
            if made.status == "refused":
                raise UnderdogError(made.problem, made.hint)
        raise UnderdogError(
            f"not one of {self.n} members could be fitted: {missing[0].problem}",
            f"see why with one alone: underdog fit FILE {spec(self.recipe)!r} --out FOLDER",
        )

    def samples_seen(self, data: Dataset) -> float:
        """Examples that all members read."""
        return self.n * samples_seen(self.recipe, data)


def _seeds(recipe: Learner, data: Dataset, n: int, seed: int, keys: list[str]) -> Members:
    return _equals(recipe, data, {i: (seed * n + i, None) for i in range(n)}, keys)


def _bag(recipe: Learner, data: Dataset, n: int, seed: int, keys: list[str]) -> Members:
    return _equals(recipe, data, {i: (seed * n + i, (seed, i)) for i in range(n)}, keys)


def _equals(recipe: Learner, data: Dataset, lots: Mapping[int, Lot], keys: list[str]) -> Members:
    """A member for each place in ``lots``, of equal weight; they do not wait for each other."""
    places = [*lots]
    mine = [key(recipe, data, seed, "member", sample) for seed, sample in lots.values()]
    keys += mine
    cache = Cache(training(), WORTH)
    fits = attempts(_fit, (recipe, data), [*lots.values()], cache=cache, keys=mine)
    with closing(fits):
        for i, made in fits:
            yield places[i], made, 1.0


def _fit(what: tuple[Learner, Dataset], lot: Lot) -> Model:
    recipe, data = what
    seed, sample = lot
    return recipe.fit(data if sample is None else _bootstrap(data, sample), seed)


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


def _boost(recipe: Learner, data: Dataset, n: int, seed: int, keys: list[str]) -> Members:
    """Each member on a sample in which examples that the last ones got wrong are likelier."""
    known = data.take(data.targets >= 0)
    labels, share = len(data.task.labels), np.full(len(known), 1.0 / max(1, len(known)))
    first = True
    for i in range(n):
        rng = np.random.default_rng([seed, i])
        rows = (
            rng.choice(len(known), size=len(known), p=share)
            if i and len(known)
            else np.arange(len(known))
        )
        [(_, made, _)] = _equals(recipe, known.take(rows), {i: (seed * n + i, None)}, keys)
        if made.value is None:
            yield i, made, 0.0
            continue
        answers = made.value.answer(known.texts).values
        wrong = np.array([a != b for a, b in zip(answers, known.labels, strict=True)])
        weight = samme(float(share[wrong].sum()), labels)
        if weight > 0 or first:  # an ensemble needs a member
            yield i, made, max(weight, 1e-6)
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
