"""Quality as a model rates it: a few thousand documents are rated, a small head learns the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...combine.prompted import Prompted
from ...core.cost import Floats
from ...core.data import Dataset, Task
from ...core.errors import UnderdogError
from ...core.protocols import Chooser, Decider, Learner, Model, Scorer, fitted
from ...core.values import number
from ...models.linear.form import Form
from ...runtime.out_of_fold import out_of_fold
from ...runtime.registry import register, spec
from ...runtime.schema import Number
from ..pool import Pool
from ..pool.pool import texts_of
from ..scoring import Learning

ASKED = (
    "How useful is the text below to learn from: is it clear, correct and rich in content? Rate it "
    "from 0 (of no use) to 5 (excellent)."
)
RATINGS = tuple("012345")
READ = 3_000
"""Letters of a document that a model which writes is shown."""

FOLDS, LEAST = 5, 20
HEAD = Form()
GOOD, BAD = "good", "bad"


@register("quality", holds={"rated": Number(LEAST, 1e7)})
@dataclass(frozen=True)
class Quality(Learning):
    """Rates ``rated`` documents by ``model``, and all of them by a ``head`` that learns from these.

    FineWeb-Edu's recipe (Penedo et al., 2024). A ``model`` that writes is asked for a rating from 0
    to 5; any other model's answers are the ratings; without one, the labels of the pool are. A
    rating of at least ``good``, or equal to it where it is a word, is good. Documents below the
    threshold with the best F1, found by cross-fitting, are refused; the card tells the F1.
    """

    model: Learner | Model | None = None
    good: float | str = 3.0
    rated: int = 3_000
    head: Learner = HEAD

    def learn(self, pool: Pool) -> Headed:
        """The fitted head and its threshold. Raises `UnderdogError` if all ratings are alike."""
        sample = pool.sample(self.rated, "quality") if self.model is not None else _labelled(pool)
        sample = replace(sample, texts=tuple(texts_of(sample)))
        ratings = self._ratings(sample, pool.seed)
        known = np.flatnonzero([rating is not None for rating in ratings])
        labels = [self._good(str(ratings[i])) for i in known.tolist()]
        if min(labels.count(GOOD), labels.count(BAD)) < FOLDS:
            raise UnderdogError(
                f"of {len(labels):,} rated documents {labels.count(GOOD):,} are good: both kinds "
                "are needed",
                "choose another threshold, as in: quality(good=2), or name --label COLUMN",
            )
        data = Dataset.of([sample.texts[i] for i in known.tolist()], labels)
        threshold, f1 = best_threshold(self.head, data, pool.seed)
        pool.tell(
            spec(self),
            threshold=round(threshold, 4),
            f1=round(f1, 4),
            rated_documents=f"{len(labels):,}, of which {labels.count(GOOD):,} good",
        )
        return Headed(self.head.fit(data, pool.seed), threshold)

    def _ratings(self, sample: Dataset, seed: int) -> list[str | None]:
        if self.model is None:
            return list(sample.labels)
        rater: Model = fitted(self.model, sample, seed)
        texts = texts_of(sample)
        if isinstance(rater, Chooser | Scorer | Decider):
            rater = Prompted(rater, Task("quality", RATINGS, ASKED))
            texts = [text[:READ] for text in texts]
        return [value or None for value in rater.answer(texts).values]

    def _good(self, rating: str) -> str:
        if isinstance(self.good, str):
            return GOOD if rating == self.good else BAD
        value = number(rating)
        if np.isnan(value):
            raise UnderdogError(
                f"a rating is {rating[:40]!r}, not a number", "say what is good: quality(good='…')"
            )
        return GOOD if value >= self.good else BAD


def _labelled(pool: Pool) -> Dataset:
    """The documents of ``pool`` that have a label; `UnderdogError` if there are none."""
    rows: list[NDArray[np.int64]] = [rows for rows in pool.map(_known, None) if len(rows)]
    if not rows:
        raise UnderdogError(
            "quality() has no ratings to learn from",
            "name the model that rates, quality(chat('gpt-5-mini')), or a column: --label COLUMN",
        )
    return pool.take(np.concatenate(rows))


def _known(_: None, part: Dataset) -> Any:
    from ..pool import rows_of

    return rows_of(part)[[label is not None for label in part.labels]]


def best_threshold(head: Learner, data: Dataset, seed: int) -> tuple[float, float]:
    """The probability of a good document above which F1 is best, and this F1, cross-fitted."""
    chances, truth = [], []
    for fold in out_of_fold(head, data, FOLDS, seed, labels=2, label="learning what is good"):
        chances.append(chance(fold.answers))
        truth.append(np.array([label == GOOD for label in fold.test.labels]))
    p, y = np.concatenate(chances), np.concatenate(truth)
    order = np.argsort(-p, kind="stable")
    right = np.cumsum(y[order])
    f1 = 2 * right / (np.arange(1, len(y) + 1) + y.sum())
    last = np.append(np.diff(p[order]) != 0, True)  # equal chances stand or fall together
    at = int(np.where(last, f1, -1).argmax())
    return float(p[order][at]), float(f1[at])


def chance(answers: Any) -> Floats:
    """The probability of `GOOD` for each text, ``[texts]``; 1 or 0 where none is given."""
    if answers.probs is None:
        return np.array([float(value == GOOD) for value in answers.values])
    found: Floats = answers.probs[:, answers.labels.index(GOOD)]
    return np.nan_to_num(found)


@register("quality.headed", holds={"threshold": Number(0, 1)})
@dataclass(frozen=True, eq=False)
class Headed:
    """A fitted head, and the probability below which a document is refused."""

    head: Model
    threshold: float

    def score(self, data: Dataset) -> Floats:
        """The probability of a good document, ``[examples]``; minus infinity if it is low."""
        return self.counted(data)[0]

    def counted(self, data: Dataset) -> tuple[Floats, dict[str, int]]:
        """The scores, ``[examples]``, and how many documents are below the threshold."""
        if not len(data):
            return np.zeros(0), {}
        values = chance(self.head.answer(texts_of(data)))
        low = values < self.threshold
        return np.where(low, -np.inf, values), {"rated as not good": int(low.sum())}
