"""Which recipe suits the data, found out on a part of them and in the time allowed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter

from ..core.answer import Answers
from ..core.data import Dataset, Text
from ..core.description import Fact, describe
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model, samples_seen
from ..runtime import formatting
from ..runtime.extras import incomplete
from ..runtime.limit import seconds
from ..runtime.progress import step
from ..runtime.registry import build, register, spec

LINE_UP: dict[str, tuple[str, ...]] = {
    "linear()": (),
    "frozen()": ("offline",),
    "static()": ("torch", "offline"),
    "bilstm()": ("torch",),
    "encoder()": ("torch", "offline"),
}
"""Who takes part when nobody is named, and the extras that each one needs."""

SPENT = 1 / 3
"""Of the examples, how many are learned from before the winner learns from all of them."""

SHARES = (1 / 9, 1 / 3, 1.0)
"""Of what is spent, on each rung."""

LEAST = 500
"""Examples below which a rung shows too little to send anybody home."""

HELD_OUT, JUDGES = 0.2, 2000
"""Of the examples, how many are at least left to judge by; and how many are enough."""


@register("auto.trial")
@dataclass(frozen=True)
class Trial:
    """One fit: of which recipe, on how many examples, for how long, and how it did.

    ``work`` is how many examples it read, each counted as often as it was read; ``score`` the
    share of right answers to held-out examples, None if the fit failed for the reason in
    ``failure``.
    """

    recipe: str
    examples: int
    work: float
    seconds: float
    score: float | None
    failure: str = ""

    def expected(self, work: float) -> float:
        """Seconds that the recipe takes for so much ``work``, if time grows with it."""
        return self.seconds * work / self.work


@register("auto.model")
@dataclass(frozen=True)
class AutoModel:
    """The chosen model, which answers as if it were alone; and how it came to be chosen."""

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
    and so on (Jamieson & Talwalkar, AISTATS 2016), up to a third of what there is, or 500, for
    choosing is not to take the time of racing; of the rest, up to 2,000 judge. The winner learns
    from everything: it was the best on a third, and who needs more to be the best is missed.
    ``budget`` is the time for it all, as '90s', '5m' or '2h': who cannot be expected to finish in
    what is left of it is passed over. A fit that has begun is not interrupted, so the first rung
    may overrun. Without contestants, those of `LINE_UP` take part whose extras are installed. While
    time does not press, the choice depends on the data and the seed alone. It does not tune the
    options of a recipe.
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
        """An `AutoModel`; `UnderdogError` if not one contestant can be fitted."""
        deadline = perf_counter() + seconds(self.budget)
        known = data.take(data.targets >= 0)
        learn, check = _parts(known, seed)
        if not len(learn) or not len(check):
            raise UnderdogError(
                f"{len(known)} labelled examples are too few to choose by",
                "name one recipe: underdog fit FILE 'linear()' --out FOLDER",
            )
        recipes = {spec(recipe): recipe for recipe in self.contestants or line_up()}
        limits = {name: samples_seen(recipe, data) for name, recipe in recipes.items()}, deadline
        trials = _raced(recipes, learn, check, seed, limits)
        ranked = _finalists(trials)
        while True:
            chosen = _affordable(ranked, limits)
            try:
                with step(f"fitting {chosen.recipe}"):
                    model = recipes[chosen.recipe].fit(data, seed)
                return AutoModel(model, chosen.recipe, _why(chosen, trials, len(check)), trials)
            except Exception as error:  # a part was not too much, and all is
                ranked.remove(chosen)
                if not ranked:
                    raise
                warnings.warn(f"{chosen.recipe} could not learn from all: {error}", stacklevel=2)


def line_up() -> list[Learner]:
    """The recipes that take part when nobody is named."""
    missing = set(incomplete())
    return [build(name) for name, extras in LINE_UP.items() if missing.isdisjoint(extras)]


def _parts(known: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """What is learned from on the highest rung, and what judges on all of them."""
    few = LEAST / max(len(known), 1)
    learn, rest = known.split(1 - min(max(SPENT, few), 1 - HELD_OUT), seed)
    return learn, rest.sample(min(1.0, JUDGES / max(len(rest), 1)), seed)


Limits = tuple[Mapping[str, float], float]
"""The `work` of each recipe with all examples, and the moment by which all should be done."""


def _raced(
    recipes: Mapping[str, Learner], learn: Dataset, check: Dataset, seed: int, limits: Limits
) -> tuple[Trial, ...]:
    """The trials of all rungs; on each, the better half of those that were on the one before."""
    shares = [s for s in SHARES if s == 1 or s * len(learn) >= LEAST]
    trials: list[Trial] = []
    field = list(recipes)
    with step("choosing") as advance:
        for share in shares:
            part = learn if share == 1 else learn.sample(share, seed)
            found: list[Trial] = []
            for name in field:
                due = Trial(name, len(part), samples_seen(recipes[name], part), 0.0, None)
                late = _late(due, trials, found, limits)
                trial = late or _tried(due, recipes[name], part, check, seed)
                found.append(trial)
                advance(1)
            trials += found
            ranked = _ranked(found)
            few = 2 if share == shares[0] else 1  # the first rung is too low to end on
            field = [trial.recipe for trial in ranked[: max(few, math.ceil(len(ranked) / 2))]]
            if len(field) < 2:
                break
    if not _ranked(trials):
        raise UnderdogError(
            f"not one contestant could be fitted: {trials[0].recipe}: {trials[0].failure}",
            f"see why with one alone: underdog fit FILE {trials[0].recipe!r} --out FOLDER",
        )
    return tuple(trials)


def _tried(due: Trial, recipe: Learner, part: Dataset, check: Dataset, seed: int) -> Trial:
    """One fit and its score; a crash costs the contestant its place, not the race."""
    start = perf_counter()
    try:
        answers = recipe.fit(part, seed).answer(check.texts)
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return replace(due, seconds=perf_counter() - start, failure=reason)
    right = sum(a == b for a, b in zip(answers.values, check.labels, strict=True))
    return replace(due, seconds=perf_counter() - start, score=right / len(check))


def _late(
    due: Trial, before: Sequence[Trial], found: Sequence[Trial], limits: Limits
) -> Trial | None:
    """A trial that is ``due`` but does not take place, because time is short; None if it may.

    The first contestant of all is always tried: without one there is nothing to choose.
    """
    whole, deadline = limits
    left = deadline - perf_counter()
    last = next((t for t in reversed(before) if t.recipe == due.recipe), None)
    needed = last.expected(due.work) + last.expected(whole[due.recipe]) if last else 0.0
    if left > needed or not _ranked([*before, *found]):
        return None
    asks = f"about {formatting.seconds(needed)} needed, " if last else ""
    return replace(due, failure=f"passed over: {asks}{formatting.seconds(max(left, 0))} left")


def _ranked(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that succeeded, best first; of equals, the one that was named earlier."""
    scored = [(trial.score, trial) for trial in trials if trial.score is not None]
    return [trial for _, trial in sorted(scored, key=lambda pair: -pair[0])]


def _finalists(trials: Sequence[Trial]) -> list[Trial]:
    """The trials on the furthest rung that anybody finished, best first."""
    furthest = max(trial.examples for trial in trials if trial.score is not None)
    return _ranked([trial for trial in trials if trial.examples == furthest])


def _affordable(ranked: Sequence[Trial], limits: Limits) -> Trial:
    """The best that can still learn from everything in time; else the quickest."""
    whole, deadline = limits
    needed = [trial.expected(whole[trial.recipe]) for trial in ranked]
    left = deadline - perf_counter()
    in_time = [trial for trial, time in zip(ranked, needed, strict=True) if time <= left]
    return in_time[0] if in_time else ranked[needed.index(min(needed))]


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
