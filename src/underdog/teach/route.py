"""Training a router between models (experts), from which of them were right on which texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..combine.router import Router
from ..core.answer import Answers
from ..core.cost import FIELDS, Floats
from ..core.data import Dataset, Task
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.graders import grader_for
from ..core.protocols import Grader, Learner, Model, fitted
from ..models.linear.ridge import Ridge
from ..runtime.out_of_fold import out_of_fold
from ..runtime.registry import register, spec
from ..runtime.schema import Number

FOLDS = 5
DOLLARS = FIELDS.index("dollars")


@register(
    "route",
    sample="route([majority(), bayes()])",
    holds={"budget": Number(0), "worth": Number(0), "prices": Number(0)},
)
@dataclass(frozen=True)
class Route:
    """Trains a `Router` that asks, for each text, the expert with the best quality for its price.

    It learns the *gain*, how much more likely one expert is to be right than another, rather than
    whether the cheap one is wrong: where both are wrong, paying gains nothing. Experts that are
    recipes are judged by cross-validated answers. Which expert was right becomes the soft labels
    of `gains`, on which ``chooser`` is trained: any recipe with meaningful probabilities. Where a
    text has no label, the last expert's answer counts as right. ``grader`` says how right an
    answer is; by default, the grader of the task's kind.

    ``budget`` is the most dollars that an answer may cost on average, ``worth`` what a right
    answer is worth in dollars; with neither, answers count as free. Prices are the means of the
    experts' own receipts, or ``prices``, one for each expert: with ``prices=[0, 1]`` the budget
    is the share of texts for the second. Both are met on average over texts like these and are
    not guaranteed; `frugal` gives guarantees.
    """

    experts: tuple[Learner | Model, ...]
    chooser: Learner = field(default_factory=Ridge)
    budget: float | None = None
    worth: float | None = None
    prices: tuple[float, ...] | None = None
    grader: Grader | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "experts", tuple(self.experts))
        if self.prices is not None:
            object.__setattr__(self, "prices", tuple(self.prices))
        if len({*map(spec, self.experts)}) < max(2, len(self.experts)):
            raise UnderdogError("a router chooses among different experts", "route([small, large])")
        if self.prices is not None and len(self.prices) != len(self.experts):
            raise UnderdogError(
                f"{len(self.prices)} prices do not go with {len(self.experts)} experts",
                "give one for each, in dollars per answer: prices=[0.0001, 0.01]",
            )
        if self.budget is not None and self.worth is not None:
            raise UnderdogError("a budget leaves no choice", "give one: budget=… or worth=…")
        if self.worth is not None and not self.worth > 0:
            raise UnderdogError("a right answer must be worth something", "as in: worth=0.01")

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `Router` over the fitted experts, named by their specs."""
        data = dataset(data)
        names = tuple(map(spec, self.experts))
        folds = [out_of_fold(expert, data, FOLDS, seed) for expert in self.experts]
        asked = [Answers.join([fold.answers for fold in mine]) for mine in folds]
        tested = Dataset.join([fold.test for fold in folds[0]])
        gain_data = gains(tested, names, right(tested, asked, self.grader))
        tolls = self._tolls(gain_data, self._prices(asked), seed)
        experts = {n: fitted(e, data, seed) for n, e in zip(names, self.experts, strict=True)}
        return Router(self.chooser.fit(gain_data, seed), experts, tolls)

    def _prices(self, asked: Sequence[Answers]) -> Floats:
        if self.prices is not None:
            return np.array(self.prices)
        return np.array([answers.costs[:, DOLLARS].mean() for answers in asked])

    def _tolls(self, gain_data: Dataset, prices: Floats, seed: int) -> tuple[float, ...]:
        if self.budget is None and self.worth is None:
            return ()
        if np.isnan(prices).any():
            unknown = gain_data.task.labels[int(np.isnan(prices).argmax())]
            raise UnderdogError(
                f"what an answer of {unknown} costs is unknown",
                "say what each expert costs, in dollars per answer: prices=[0.0001, 0.01]",
            )
        if self.worth is not None:
            rate = 1 / self.worth / (len(prices) - 1)
        else:
            folds = out_of_fold(self.chooser, gain_data, FOLDS, seed)
            answers = Answers.join([fold.answers for fold in folds])
            shares = answers.matrix(gain_data.task.labels)
            rate = rate_for(shares, prices, float(self.budget or 0))
        return tuple((rate * prices).tolist())


def right(data: Dataset, asked: Sequence[Answers], grader: Grader | None = None) -> Floats:
    """The grade of each expert's answer, ``[texts, experts]``; an abstention is never right.

    Where no right answer is known, the last expert's counts as right.
    """
    grade = (grader or grader_for(data)).grade
    last = data.relabelled([value or None for value in asked[-1].values])
    columns = []
    for answers in asked:
        known, otherwise = (grade(data.texts, answers.values, gold) for gold in (data, last))
        columns.append(np.where(data.known, known, np.nan_to_num(otherwise)))
    return np.array(columns, np.float64).T


def gains(data: Dataset, names: tuple[str, ...], quality: Floats) -> Dataset:
    """The texts of ``data`` with soft labels that say which expert was better, and by how much.

    With ``quality`` (``[texts, experts]``, 0 to 1), expert i gets the share 1/n + (its quality
    minus the mean) / (n-1). The shares are a distribution, and the difference of any two is the
    difference in quality over n-1, so a model of the mean shares is one of the mean gains.
    """
    n = len(names)
    if (quality[:, :1] == quality).all():
        raise UnderdogError(
            "the experts were right and wrong on the same texts: there is nothing to gain",
            f"use the cheapest alone: underdog fit FILE {names[0]!r} --out FOLDER",
        )
    soft = 1 / n + (quality - quality.mean(axis=1, keepdims=True)) / (n - 1)
    best = [names[k] for k in soft.argmax(axis=1).tolist()]
    return replace(data.relabelled(best, soft), task=Task("who answers", names))


def rate_for(shares: Floats, prices: Floats, budget: float) -> float:
    """The rate at which charging ``rate * prices`` spends the budget on average.

    ``shares`` has the shape ``[texts, experts]``, ``prices`` ``[experts]`` in dollars; a text goes
    to the expert with the largest share minus charge. The rate lies half-way between two changes
    of the routing, so that small differences in new texts do not matter. Raises `UnderdogError` if
    the budget is below the cheapest price.
    """
    if budget < prices.min():
        raise UnderdogError(
            f"an answer of the cheapest expert costs {prices.min():g}, the budget is {budget:g}",
            f"allow more: budget={prices.min():g}",
        )

    def spent(rate: float) -> float:
        return float(prices[(shares - rate * prices).argmax(axis=1)].mean())

    if spent(0.0) <= budget:
        return 0.0
    dear = 2.0 / float(np.diff(np.unique(prices)).min())  # shares differ by 1 at most
    least = _edge(lambda rate: spent(rate) <= budget, 0.0, dear)
    most = _edge(lambda rate: spent(rate) < spent(least), least, dear)
    return (least + most) / 2


def _edge(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where ``holds`` begins to, between ``low`` and ``high``; ``high`` if it never does."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
