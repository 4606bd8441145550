"""The rivals' rules, small and readable, written from the papers.

On a stream: asking at random, a naive confidence threshold, online cascade learning. On recorded
answers of several models: FrugalGPT's budgeted thresholds, AutoMix. None of them promises
anything. `benchmarks.deferral.routellm` has those that choose before anybody answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdog.core.cost import Floats
from underdog.core.data import Dataset, Task
from underdog.core.protocols import Learner

Bools = NDArray[np.bool_]
Rule = Callable[[Floats, np.random.Generator], Bools]
"""From the small model's confidences: whether to ask the large model."""

TASK = Task("stream", ("no", "yes"))
FIRST, GROWTH = 200, 1.5
"""Labels before the first fit, and how many times as many before the next; as ours."""


def random_stream(share: float) -> Rule:
    """Asks about a random ``share`` of the texts."""
    return lambda sure, rng: rng.random(len(sure)) < share


def naive_stream(threshold: float) -> Rule:
    """Asks wherever the small model's probability is below ``threshold``; never audits."""
    return lambda sure, rng: sure < threshold


def prequential(
    small: Learner, texts: Sequence[str], said: Bools, rule: Rule, seed: int
) -> tuple[Bools, Bools]:
    """What is answered to a stream under ``rule``, and which texts the large model was asked."""
    rng = np.random.default_rng(seed)
    answered, asked = said.copy(), np.ones(len(texts), bool)
    rows: list[int] = []
    model, due = None, FIRST
    for first in range(0, len(texts), 50):
        part = np.arange(first, min(first + 50, len(texts)))
        if model is not None:
            answers = model.answer([texts[i] for i in part])
            asked[part] = rule(answers.confidence, rng)
            own = np.array(answers.values) == "yes"
            answered[part] = np.where(asked[part], said[part], own)
        rows += part[asked[part]].tolist()
        if len(rows) >= due:
            labels = ["yes" if said[i] else "no" for i in rows]
            data = Dataset(TASK, tuple(texts[i] for i in rows), tuple(labels))
            model, due = small.fit(data, seed), int(len(rows) * GROWTH)
    return answered, asked


def online_cascade(texts: Sequence[str], said: Bools, mu: float, seed: int) -> tuple[Bools, Bools]:
    """Online cascade learning (Nie et al., ICML 2024) with logistic regression as only level.

    Follows algorithm 1: with a probability that decays the expert is asked outright; else a
    learned policy, which sees the small model's probabilities, defers when that is expected to
    cost less than erring: ``mu`` is the price of a call in errors. Both learn by online gradient
    descent (AdaGrad) on the expert's answers, a small cache of which is replayed. The levels of
    the paper that are BERTs are left out.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    words = HashingVectorizer(n_features=2**16, ngram_range=(1, 2), alternate_sign=False)
    rows = words.transform(texts)
    starts, columns, values = rows.indptr, rows.indices, rows.data
    rng, small, policy = np.random.default_rng(seed), _Logistic(2**16 + 1, 0.5), _Logistic(3, 0.2)
    answered, asked = said.copy(), np.ones(len(texts), bool)
    kept: list[int] = []

    def features(i: int) -> tuple[NDArray[Any], Floats]:
        span = slice(starts[i], starts[i + 1])
        return np.append(columns[span], 2**16), np.append(values[span], 1.0)

    for i in range(len(texts)):
        p = small.says(*features(i))
        doubt = np.array([1.0, abs(2 * p - 1), p])
        asked[i] = rng.random() < 0.995**i or policy.says(np.arange(3), doubt) > 0.5
        if not asked[i]:
            answered[i] = p > 0.5
            continue
        # the gradient of (1 - f) error + f mu, where f is the policy's probability to defer
        policy.step(np.arange(3), doubt, mu - float((p > 0.5) != said[i]))
        kept.append(i)
        for j in [i, *rng.choice(kept, min(len(kept), 7))]:
            at, x = features(j)
            small.learn(at, x, float(said[j]))
    return answered, asked


class _Logistic:
    """Logistic regression learnt one example at a time (AdaGrad: Duchi et al., JMLR 2011)."""

    def __init__(self, size: int, rate: float) -> None:
        self._w, self._g, self._rate = np.zeros(size), np.full(size, 1e-3), rate

    def says(self, at: NDArray[Any], x: Floats) -> float:
        return float(1 / (1 + np.exp(-(self._w[at] @ x))))

    def learn(self, at: NDArray[Any], x: Floats, target: float) -> None:
        self._move(at, (self.says(at, x) - target) * x)

    def step(self, at: NDArray[Any], x: Floats, slope: float) -> None:
        """Descend a loss that has ``slope`` in the probability."""
        p = self.says(at, x)
        self._move(at, slope * p * (1 - p) * x)

    def _move(self, at: NDArray[Any], gradient: Floats) -> None:
        self._g[at] += gradient**2
        self._w[at] -= self._rate * gradient / np.sqrt(self._g[at])


@dataclass(frozen=True, eq=False)
class Recorded:
    """What several models said of the same texts: ``right`` and ``cost`` are ``[texts, models]``.

    ``said`` are their answers as numbers, ``names`` the models'.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    said: NDArray[np.intp]
    right: Bools
    cost: Floats

    def take(self, rows: NDArray[np.intp]) -> Recorded:
        """The texts at ``rows``."""
        texts = tuple(self.texts[i] for i in rows)
        return Recorded(self.names, texts, self.said[rows], self.right[rows], self.cost[rows])


@dataclass(frozen=True)
class Outcome:
    """Accuracy, and mean dollars of an answer, on test data; and the way of getting there."""

    accuracy: float
    dollars: float
    how: str


def frugal_gpt(train: Recorded, test: Recorded, budgets: Sequence[float]) -> list[Outcome]:
    """FrugalGPT (Chen et al., TMLR 2024): up to three models in a row, under a budget.

    For every model a scorer learns whether its answer is right (here logistic regression on
    TF-IDF and the answer, there a DistilBERT); an answer stands if its score passes the stage's
    threshold. Order and thresholds are those most accurate within the budget *on the rows that
    trained the scorers*, as published.
    """
    scores, fresh = _scores(train, test)
    grid = [_grid(scores[:, k]) for k in range(len(train.names))]
    order = np.argsort(train.cost.mean(axis=0), kind="stable").tolist()
    tried: list[tuple[float, float, tuple[int, ...], tuple[float, ...]]] = []
    for depth in (1, 2, 3):
        for chain in combinations(order, depth):
            for limits in product(*[grid[k] for k in chain[:-1]]):
                right, cost = _run(train, scores, chain, limits)
                tried.append((right, cost, chain, limits))
    found = []
    for budget in budgets:
        fits = [t for t in tried if t[1] <= budget] or [min(tried, key=lambda t: t[1])]
        _, _, chain, limits = max(fits, key=lambda t: (t[0], -t[1]))
        right, cost = _run(test, fresh, chain, limits)
        found.append(Outcome(right, cost, " > ".join(test.names[k] for k in chain)))
    return found


def _scores(train: Recorded, test: Recorded) -> tuple[Floats, Floats]:
    """The probability that each model's answer is right, on both parts, ``[texts, models]``."""
    from scipy.sparse import csr_array, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    inside, outside = words.fit_transform(train.texts), words.transform(test.texts)
    ours, theirs = np.ones(train.right.shape), np.ones(test.right.shape)
    for k in range(len(train.names)):
        if train.right[:, k].all():
            continue
        kinds = np.arange(train.said.max() + 1)
        said = csr_array((train.said[:, [k]] == kinds).astype(float))
        heard = csr_array((test.said[:, [k]] == kinds).astype(float))
        scorer = LogisticRegression(C=1.0, max_iter=500)
        scorer.fit(hstack([inside, said]).tocsr(), train.right[:, k])
        ours[:, k] = scorer.predict_proba(hstack([inside, said]).tocsr())[:, 1]
        theirs[:, k] = scorer.predict_proba(hstack([outside, heard]).tocsr())[:, 1]
    return ours, theirs


def _grid(scores: Floats) -> Floats:
    return np.unique(np.quantile(scores, np.linspace(0.05, 0.95, 7)))


def _run(
    data: Recorded, scores: Floats, chain: Sequence[int], limits: Sequence[float]
) -> tuple[float, float]:
    """Accuracy and mean dollars of a chain of models with a threshold after all but the last."""
    going = np.ones(len(data.texts), bool)
    right, cost = 0.0, 0.0
    for k, limit in zip(chain, (*limits, -np.inf), strict=True):
        cost += float(data.cost[going, k].sum())
        stays = going & (scores[:, k] >= limit)
        right += float(data.right[stays, k].sum())
        going &= ~stays
    return right / len(data.texts), cost / len(data.texts)


def auto_mix(
    train: Recorded, test: Recorded, small: int, large: int, budgets: Sequence[float]
) -> list[Outcome]:
    """AutoMix (Madaan et al., NeurIPS 2024), its threshold variant, under a budget.

    The small model answers and is checked by few-shot self-verification; below a threshold on
    the share of the checks that agree the large one is asked. Samples of the verifier were not
    recorded: the answers of the three cheapest other models stand in for them, and are paid for.
    """
    cheap = [k for k in np.argsort(train.cost.mean(axis=0)).tolist() if k not in (small, large)]

    def run(data: Recorded, limit: float) -> tuple[float, float]:
        checks = (data.said[:, cheap[:3]] == data.said[:, [small]]).mean(axis=1)
        up = checks < limit
        right = np.where(up, data.right[:, large], data.right[:, small])
        cost = data.cost[:, [small, *cheap[:3]]].sum(axis=1) + up * data.cost[:, large]
        return float(right.mean()), float(cost.mean())

    found = []
    for budget in budgets:
        limits = [x for x in (0.0, 0.3, 0.6, 0.9, 1.1) if run(train, x)[1] <= budget] or [0.0]
        right, cost = run(test, max(limits, key=lambda x: run(train, x)[0]))
        found.append(Outcome(right, cost, f"{test.names[small]} > {test.names[large]}"))
    return found


def random_mix(test: Recorded, small: int, large: int, budgets: Sequence[float]) -> list[Outcome]:
    """Asks ``large`` at random as often as the budget allows, else ``small``; in expectation."""
    found = []
    for budget in budgets:
        low, high = test.cost[:, small].mean(), test.cost[:, large].mean()
        share = float(np.clip((budget - low) / (high - low), 0, 1))
        accuracies = test.right[:, [small, large]].mean(axis=0)
        right = (1 - share) * accuracies[0] + share * accuracies[1]
        found.append(Outcome(float(right), float((1 - share) * low + share * high), ""))
    return found
