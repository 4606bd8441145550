"""Successive halving: short trials of every recipe, longer ones of the better half, in time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter

import numpy as np

from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.graders import grader_for
from ..core.protocols import Learner, Model, samples_seen
from ..runtime import formatting
from ..runtime.cache import Cache, key, training
from ..runtime.limit import Limit
from ..runtime.progress import step
from ..runtime.registry import register
from ..runtime.workers.attempt import attempt

SHARES = (1 / 9, 1 / 3, 1.0)
"""The share of these that each rung learns from."""

LEAST = 500
"""Examples below which a rung shows too little to drop a contestant."""


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
                best = ranked(self.trials[rung:])
                few = 2 if share == shares[0] else 1  # the first rung is too low to end on
                names = [trial.recipe for trial in best[: max(few, math.ceil(len(best) / 2))]]
                self.models = {name: self.models[name] for name in names if name in self.models}
                if len(names) < 2:
                    break
        if not ranked(self.trials):
            first = self.trials[0]
            raise UnderdogError(
                f"not one contestant could be fitted: {first.recipe}: {first.failure}",
                f"see why with one alone: underdog fit FILE {first.recipe!r} --out FOLDER",
            )

    def final(self, data: Dataset) -> tuple[Model, Trial, str]:
        """The best model that ``data`` gives in time, its last trial, and what it did not learn."""
        left = finalists(self.trials)
        while left:
            chosen = self.affordable(left)
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
            left.remove(chosen)
        raise UnderdogError(
            f"not one contestant could learn from all examples: {name}: {made.problem}",
            f"see why with one alone: underdog fit FILE {name!r} --out FOLDER",
        )

    def affordable(self, trials: Sequence[Trial]) -> Trial:
        """The first whose recipe can learn from all examples in time; else the quickest."""
        needed = [trial.expected(self.whole[trial.recipe]) for trial in trials]
        left = self.limit.left
        in_time = [trial for trial, time in zip(trials, needed, strict=True) if time <= left]
        return in_time[0] if in_time else trials[needed.index(min(needed))]

    def allowed(self, due: Trial) -> float:
        """Seconds in which ``due`` must end: a fit on all examples has to follow it in time.

        That is one of the same recipe, and one of the best so far that can still be afforded.
        """
        left = self.limit.left
        seconds = left / (1 + self.whole[due.recipe] / due.work)
        if scored := ranked(self.trials):
            best = self.affordable(scored)
            seconds = min(seconds, left - best.expected(self.whole[best.recipe]))
        return max(0.0, seconds)

    def late(self, due: Trial) -> str:
        """Why ``due`` is passed over, if it is not expected to end in time; else an empty text.

        Without a single score there is nothing to choose, so the trial takes place.
        """
        last = next((t for t in reversed(self.trials) if t.recipe == due.recipe), None)
        if not ranked(self.trials) or self.allowed(due) > (last.expected(due.work) if last else 0):
            return ""
        needed = last.expected(due.work + self.whole[due.recipe]) if last else 0.0
        about = f"about {formatting.seconds(needed)} needed, " if last else ""
        return f"passed over: {about}{formatting.seconds(self.limit.left)} left"

    def _trial(self, name: str, part: Dataset) -> Trial:
        """One fit and its score; a failure costs the contestant its place, not the search."""
        recipe = self.recipes[name]
        due = Trial(name, len(part), samples_seen(recipe, part), 0.0, None)
        if failure := self.late(due):
            return replace(due, failure=failure)
        self.keys.append(key(recipe, part, self.seed, "trial", self.check))
        work = partial(self._scored, due, part)
        limit, cache = Limit.after(self.allowed(due)), Cache(training())
        made = attempt(work, limit=limit, cache=cache, key=self.keys[-1])
        failure = made.problem
        if made.status == "late":
            spent = formatting.seconds(made.seconds)
            failure = f"stopped after {spent}: all examples would take more than the time left"
        return made.value or replace(due, seconds=made.seconds, failure=failure)

    def _scored(self, due: Trial, part: Dataset) -> Trial:
        start = perf_counter()
        model = self.models[due.recipe] = self.recipes[due.recipe].fit(part, self.seed)
        answers = model.answer(self.check.texts)
        grades = grader_for(self.check).grade(self.check.texts, answers.values, self.check)
        return replace(
            due, seconds=perf_counter() - start, score=float(np.nan_to_num(grades).mean())
        )

    def forget(self) -> None:
        """Delete the kept trials: the fit is done."""
        Cache(training()).remove(*self.keys)


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that succeeded, best first; of equals, the one that was named earlier."""
    scored = [(trial.score, trial) for trial in trials if trial.score is not None]
    return [trial for _, trial in sorted(scored, key=lambda pair: -pair[0])]


def finalists(trials: Sequence[Trial]) -> list[Trial]:
    """The trials on the highest rung that has a score, best first."""
    furthest = max(trial.examples for trial in trials if trial.score is not None)
    return ranked([trial for trial in trials if trial.examples == furthest])
