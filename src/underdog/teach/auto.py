"""Choosing a recipe for the data: on a part of it, and in the time allowed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from time import perf_counter

from ..core.answer import Answers
from ..core.data import Dataset, Text
from ..core.description import Fact, describe
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model, samples_seen
from ..runtime import formatting
from ..runtime.cache import Cache, key, training
from ..runtime.extras import incomplete
from ..runtime.limit import Limit, seconds
from ..runtime.progress import step
from ..runtime.registry import build, register, spec
from ..runtime.workers.attempt import attempt

LINE_UP: dict[str, tuple[str, ...]] = {
    "linear()": (),
    "frozen()": ("offline",),
    "static()": ("torch", "offline"),
    "bilstm()": ("torch",),
    "encoder()": ("torch", "offline"),
}
"""The default contestants, and the extras that each one needs."""

SPENT = 1 / 3
"""The share of the examples that trials learn from, before the winner learns from all."""

SHARES = (1 / 9, 1 / 3, 1.0)
"""The share of these that each rung learns from."""

LEAST = 500
"""Examples below which a rung shows too little to drop a contestant."""

HELD_OUT, JUDGES = 0.2, 2000
"""The smallest share of the examples that is held out to score by, and how many are enough."""


@register("auto.trial")
@dataclass(frozen=True)
class Trial:
    """One fit of a ``recipe`` on some of the examples, and how good it was.

    ``work`` is how many examples it read, each counted as often as it was read; ``score`` the
    share of right answers to held-out examples, None if there is none for the reason in
    ``failure``.
    """

    recipe: str
    examples: int
    work: float
    seconds: float
    score: float | None
    failure: str = ""

    def expected(self, work: float) -> float:
        """Seconds that the recipe takes for so much ``work``, if time is proportional to it."""
        return self.seconds * work / self.work


@register("auto.model")
@dataclass(frozen=True)
class AutoModel:
    """The chosen model, which answers as it would alone; and how it was chosen."""

    model: Model
    chosen: str
    why: str
    trials: tuple[Trial, ...]

    def answer(self, texts: Sequence[Text]) -> Answers:
        return self.model.answer(texts)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        trials = [asdict(trial) for trial in self.trials]
        choice = Fact("choice", f"chose {self.chosen}: {self.why}", self.chosen)
        return (
            choice,
            Fact("trials", f"{len(trials)} trials", trials),
            *describe(self.model, texts),
        )


@register("auto", sample="auto('1m', [majority(), bayes()])")
@dataclass(frozen=True)
class Auto:
    """The best of several recipes, chosen inside the training part by successive halving.

    All ``contestants`` learn from few examples, the better half of them from three times as many,
    and so on (Jamieson & Talwalkar, AISTATS 2016), up to a third of the examples, or 500; of the
    rest, up to 2,000 score them. The winner then learns from all. A recipe that needs more than a
    third to be the best is missed.

    ``budget`` is the time for all of it, as '90s', '5m' or '2h'. A fit is not begun if it, and a
    fit of the same recipe on all examples after it, are not expected to end in time; and it is
    stopped, where it next reports progress, once they cannot. If the winner cannot learn from all
    in time, the model of its last trial is the result, with a warning. Without contestants, those
    of `LINE_UP` take part whose extras are installed. Unless time is short, the choice depends on
    the data and the seed alone. Does not tune the options of a recipe. After a kill, finished
    trials are not repeated.
    """

    budget: str = "5m"
    contestants: tuple[Learner, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "contestants", tuple(self.contestants))
        seconds(self.budget)
        for contestant in self.contestants:
            if not isinstance(contestant, Learner):
                raise UnderdogError(
                    f"{spec(contestant)} is not a recipe", "as in: auto('5m', [linear(), bayes()])"
                )

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """An `AutoModel`; `UnderdogError` if not one contestant can be fitted in time."""
        limit = Limit.after(seconds(self.budget))
        known = data.take(data.targets >= 0)
        learn, check = _parts(known, seed)
        if not len(learn) or not len(check):
            raise UnderdogError(
                f"{len(known)} labelled examples are too few to choose by",
                "name one recipe: underdog fit FILE 'linear()' --out FOLDER",
            )
        recipes = {spec(recipe): recipe for recipe in self.contestants or line_up()}
        whole = {name: samples_seen(recipe, data) for name, recipe in recipes.items()}
        search = Search(recipes, whole, limit, check, seed)
        search.climb(learn)
        model, chosen, note = search.final(data)
        search.forget()
        why = _why(chosen, search.trials, len(check)) + note
        return AutoModel(model, chosen.recipe, why, tuple(search.trials))


def line_up() -> list[Learner]:
    """The default contestants whose extras are installed."""
    missing = set(incomplete())
    return [build(name) for name, extras in LINE_UP.items() if missing.isdisjoint(extras)]


def _parts(known: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """What the highest rung learns from, and what scores all of them."""
    few = LEAST / max(len(known), 1)
    learn, rest = known.split(1 - min(max(SPENT, few), 1 - HELD_OUT), seed)
    return learn, rest.sample(min(1.0, JUDGES / max(len(rest), 1)), seed)


@dataclass
class Search:
    """The trials so far, the model of the last trial of each recipe, and where they are kept.

    ``whole`` is the `samples_seen` of each recipe with all examples.
    """

    recipes: Mapping[str, Learner]
    whole: Mapping[str, float]
    limit: Limit
    check: Dataset
    seed: int
    trials: list[Trial] = field(default_factory=list)
    models: dict[str, Model] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def climb(self, learn: Dataset) -> None:
        """The trials of all rungs; on each, the better half of those on the one before.

        `UnderdogError` if not one of them succeeds.
        """
        shares = [s for s in SHARES if s == 1 or s * len(learn) >= LEAST]
        names = list(self.recipes)
        with step("choosing") as advance:
            for share in shares:
                part = learn if share == 1 else learn.sample(share, self.seed)
                rung = len(self.trials)
                for name in names:
                    self.trials.append(self._trial(name, part))
                    advance(1)
                ranked = _ranked(self.trials[rung:])
                few = 2 if share == shares[0] else 1  # the first rung is too low to end on
                names = [trial.recipe for trial in ranked[: max(few, math.ceil(len(ranked) / 2))]]
                self.models = {name: self.models[name] for name in names if name in self.models}
                if len(names) < 2:
                    break
        if not _ranked(self.trials):
            first = self.trials[0]
            raise UnderdogError(
                f"not one contestant could be fitted: {first.recipe}: {first.failure}",
                f"see why with one alone: underdog fit FILE {first.recipe!r} --out FOLDER",
            )

    def final(self, data: Dataset) -> tuple[Model, Trial, str]:
        """The best model that ``data`` gives in time, its last trial, and what it did not learn."""
        ranked = _finalists(self.trials)
        while ranked:
            chosen = self.affordable(ranked)
            name = chosen.recipe
            with step(f"fitting {name}"):
                work = partial(self.recipes[name].fit, data, self.seed)
                needed = chosen.expected(self.whole[name])
                made = attempt(work, limit=self.limit, needed=needed)
            if made.value is not None:
                return made.value, chosen, ""
            warnings.warn(f"{name} could not learn from all examples: {made.problem}", stacklevel=3)
            if made.status == "late" and name in self.models:
                return self.models[name], chosen, f"; it learned from {chosen.examples:,} examples"
            ranked.remove(chosen)
        raise UnderdogError(
            f"not one contestant could learn from all examples: {name}: {made.problem}",
            f"see why with one alone: underdog fit FILE {name!r} --out FOLDER",
        )

    def affordable(self, ranked: Sequence[Trial]) -> Trial:
        """The best that can still learn from all examples in time; else the quickest."""
        needed = [trial.expected(self.whole[trial.recipe]) for trial in ranked]
        left = self.limit.left
        in_time = [trial for trial, time in zip(ranked, needed, strict=True) if time <= left]
        return in_time[0] if in_time else ranked[needed.index(min(needed))]

    def late(self, due: Trial) -> str:
        """Why ``due`` does not take place, if time is too short; else an empty text.

        Without a single score there is nothing to choose, so the trial takes place.
        """
        left = self.limit.left
        last = next((t for t in reversed(self.trials) if t.recipe == due.recipe), None)
        needed = last.expected(due.work + self.whole[due.recipe]) if last else 0.0
        if left > needed or not _ranked(self.trials):
            return ""
        about = f"about {formatting.seconds(needed)} needed, " if last else ""
        return f"passed over: {about}{formatting.seconds(left)} left"

    def _trial(self, name: str, part: Dataset) -> Trial:
        """One fit and its score; a failure costs the contestant its place, not the search."""
        recipe = self.recipes[name]
        due = Trial(name, len(part), samples_seen(recipe, part), 0.0, None)
        if failure := self.late(due):
            return replace(due, failure=failure)
        self.keys.append(key(recipe, part, self.seed, "trial", self.check))
        made = attempt(
            partial(self._scored, due, part),
            limit=self._allowed(due),
            cache=Cache(training()),
            key=self.keys[-1],
        )
        if made.status == "late":
            spent = formatting.seconds(made.seconds)
            problem = f"stopped after {spent}: all examples would take more than the time left"
            made = replace(made, problem=problem)
        return made.value or replace(due, seconds=made.seconds, failure=made.problem)

    def _allowed(self, due: Trial) -> Limit:
        """When ``due`` must end, so that it, and the best so far, can learn from all in time."""
        left = self.limit.left
        allowed = left / (1 + self.whole[due.recipe] / due.work)
        for best in _ranked(self.trials)[:1]:
            allowed = min(allowed, max(0.0, left - best.expected(self.whole[best.recipe])))
        return Limit.after(allowed)

    def _scored(self, due: Trial, part: Dataset) -> Trial:
        start = perf_counter()
        model = self.models[due.recipe] = self.recipes[due.recipe].fit(part, self.seed)
        answers = model.answer(self.check.texts)
        right = sum(a == b for a, b in zip(answers.values, self.check.labels, strict=True))
        return replace(due, seconds=perf_counter() - start, score=right / len(self.check))

    def forget(self) -> None:
        """Delete the kept trials: the fit is done."""
        Cache(training()).remove(*self.keys)


def _ranked(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that succeeded, best first; of equals, the one that was named earlier."""
    scored = [(trial.score, trial) for trial in trials if trial.score is not None]
    return [trial for _, trial in sorted(scored, key=lambda pair: -pair[0])]


def _finalists(trials: Sequence[Trial]) -> list[Trial]:
    """The trials on the highest rung that has a score, best first."""
    furthest = max(trial.examples for trial in trials if trial.score is not None)
    return _ranked([trial for trial in trials if trial.examples == furthest])


def _why(chosen: Trial, trials: Sequence[Trial], held_out: int) -> str:
    """The choice in one sentence."""
    rivals = [t for t in _finalists(trials) if t is not chosen]
    share = formatting.percent(chosen.score)
    said = f"{chosen.recipe} gave {share} of {held_out:,} held-out answers right"
    beaten = f", {rivals[0].recipe} {formatting.percent(rivals[0].score)}" if rivals else ""
    names = len({trial.recipe for trial in trials})
    if names == 1:
        return f"{said} (no other recipe took part)"
    passed = sum(trial.score is None for trial in trials)
    spent = formatting.seconds(sum(trial.seconds for trial in trials))
    missed = f", {passed} failed or passed over" if passed else ""
    return f"{said}{beaten} ({names} recipes, {len(trials)} trials{missed}, {spent})"
