"""Choosing a recipe for the data: on a part of it, and in the time allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ..core.answer import Answers
from ..core.data import Dataset, Text
from ..core.description import Fact, describe
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.protocols import Learner, Model, samples_seen, tuned
from ..core.task import require_kind
from ..runtime import formatting
from ..runtime.extras import incomplete
from ..runtime.limit import Limit, seconds
from ..runtime.registry import build, register, spec
from .search import LEAST, Search, Trial, finalists

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

HELD_OUT, JUDGES = 0.2, 2000
"""The smallest share of the examples that is held out to score by, and how many are enough."""


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

    def fit(self, data: Data, seed: int = 0) -> Model:
        """An `AutoModel`; `UnderdogError` if not one contestant can be fitted in time."""
        data = dataset(data)
        search = self._search(data, seed)
        model, chosen, note = search.final(data)
        search.forget()
        why = _why(chosen, search.trials, len(search.check)) + note
        return AutoModel(model, chosen.recipe, why, tuple(search.trials))

    def tuned(self, data: Dataset, seed: int = 0) -> Learner:
        """The recipe that is chosen on ``data``, and tuned: `frugal` chooses once and fits often.

        Raises like `fit`.
        """
        search = self._search(data, seed)
        chosen = search.affordable(finalists(search.trials))
        search.forget()
        return tuned(search.recipes[chosen.recipe], data, seed)

    def _search(self, data: Dataset, seed: int) -> Search:
        """The trials of all contestants on ``data``."""
        require_kind(data.task, "auto", "label")
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
        return search


def line_up() -> list[Learner]:
    """The default contestants whose extras are installed."""
    missing = set(incomplete())
    return [build(name) for name, extras in LINE_UP.items() if missing.isdisjoint(extras)]


def _parts(known: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """What the highest rung learns from, and what scores all of them."""
    few = LEAST / max(len(known), 1)
    learn, rest = known.split(1 - min(max(SPENT, few), 1 - HELD_OUT), seed)
    return learn, rest.sample(min(1.0, JUDGES / max(len(rest), 1)), seed)


def _why(chosen: Trial, trials: Sequence[Trial], held_out: int) -> str:
    """The choice in one sentence."""
    rivals = [t for t in finalists(trials) if t is not chosen]
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
