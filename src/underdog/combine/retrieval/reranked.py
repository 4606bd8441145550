"""The first hits of a retriever, reordered by a model that reads query and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.passages import Hit, Pairs, Passages
from ...core.protocols import Growing, Indexer, Learner, Model, Retriever
from ...data.ranking import hard_negatives
from ...runtime.registry import register
from ...runtime.schema import Number

RELEVANT, OTHER = "relevant", "other"
"""The labels of pairs of a query and a passage."""

NEGATIVES = 8
"""Passages that are found wrongly and learned against, a query."""


@register(
    "reranked",
    sample="reranked(bm25(), linear(), depth=5)",
    holds={"depth": Number(0, 1000)},
)
@dataclass(frozen=True)
class Reranked:
    """The first ``depth`` hits of ``retriever``, reordered by ``judge``: a cross-encoder.

    ``judge`` is any recipe that learns from pairs of texts, such as `encoder` or `frozen`. It is
    fitted on pairs of queries and passages that answer them, against passages that the retriever
    finds wrongly (hard negatives). A model that was fitted on the labels 'relevant' and 'other'
    needs no pairs. Deep lists make reordering worse, so ``depth`` is small (Jacob et al., 2024).
    """

    retriever: Indexer
    judge: Learner | Model
    depth: int = 30

    @property
    def learns(self) -> bool:
        """Whether it makes something of pairs."""
        return isinstance(self.judge, Learner)

    def over(self, passages: Passages, pairs: Pairs | None = None) -> RerankedIndex:
        """The retriever of ``passages``; `UnderdogError` where ``judge`` has no pairs to learn."""
        base = self.retriever.over(passages, pairs)
        if not isinstance(self.judge, Learner):
            return RerankedIndex(base, self.judge, self.depth)
        if not pairs:
            raise UnderdogError(
                f"{self.judge!r} has no pairs to learn from", "name them: --pairs FILE"
            )
        model = self.judge.fit(examples(base, passages, pairs.within(len(passages))))
        return RerankedIndex(base, model, self.depth)


@register("reranked.index")
@dataclass(frozen=True, eq=False)
class RerankedIndex:
    """A retriever whose first ``depth`` hits are ordered by the probability of 'relevant'."""

    retriever: Retriever
    judge: Model
    depth: int

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The hits of the retriever, the first of them reordered; scores are probabilities then.

        Hits behind the first ``depth`` keep their order, with scores of 0 and less. Raises
        `UnderdogError` if the model does not know the label 'relevant'.
        """
        lists = self.retriever.top(queries, max(k, self.depth))
        if not self.depth:
            return [hits[:k] for hits in lists]
        first = [
            (query, hit)
            for query, hits in zip(queries, lists, strict=True)
            for hit in hits[: self.depth]
        ]
        if not first:
            return lists
        scores = iter(_relevance(self.judge, [(query, hit.text) for query, hit in first]))
        found = []
        for hits in lists:
            judged = [replace(hit, score=float(next(scores))) for hit in hits[: self.depth]]
            behind = [replace(h, score=-float(i)) for i, h in enumerate(hits[self.depth :])]
            found.append([*sorted(judged, key=lambda hit: -hit.score), *behind][:k])
        return found

    def added(self, passages: Passages) -> RerankedIndex:
        """The same over these passages too; `UnderdogError` if the retriever cannot grow."""
        if not isinstance(self.retriever, Growing):
            raise UnderdogError(
                f"nothing can be added to {self.retriever!r}", "index all files together"
            )
        return RerankedIndex(self.retriever.added(passages), self.judge, self.depth)


def examples(base: Retriever, passages: Passages, pairs: Pairs) -> Dataset:
    """Queries with passages that answer them, and with passages that ``base`` finds wrongly."""
    texts: list[tuple[str, str]] = []
    labels = []
    wrong = hard_negatives(base, pairs, NEGATIVES)
    for query, right, other in zip(pairs.queries, pairs.rows, wrong, strict=True):
        for label, rows in ((RELEVANT, right), (OTHER, other)):
            texts += [(query, passages.texts[row]) for row in rows]
            labels += [label] * len(rows)
    return Dataset.of(texts, labels, name="relevance")


def _relevance(judge: Model, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """The probability of 'relevant' of each pair, ``[pairs]``."""
    answers = judge.answer(pairs)
    if answers.probs is None or RELEVANT not in answers.labels:
        raise UnderdogError(
            f"{judge!r} gives no probability of {RELEVANT!r}",
            f"fit it on pairs with the labels {RELEVANT!r} and {OTHER!r}",
        )
    found: np.ndarray = answers.probs[:, answers.labels.index(RELEVANT)]
    return found
