"""The first hits of a retriever, reordered by a model that reads query and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.data import Dataset
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.passages import Hit, Pairs, Passages
from ...core.protocols import Growing, Indexer, Learner, Model, Retriever
from ...data.ranking import folds, hard_negatives, lower_bound, ndcg
from ...runtime.registry import register
from ...runtime.schema import Number
from .hybrid import FEWEST, unseen

RELEVANT, OTHER = "relevant", "other"
"""The labels of pairs of a query and a passage."""

NEGATIVES = 8
"""Passages that are found wrongly and learned against, a query."""

SHARES = tuple(tenth / 10 for tenth in range(11))
"""What the judge may count for, beside the retriever."""

PARTS = 2
"""Parts of the queries: judges of the others say what the judge may count for."""


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
    finds wrongly (hard negatives). How much it counts for beside the retriever's own scores is
    learned from queries that it has not seen; where it does not certainly raise nDCG@10 there, the
    order stays. A model that was fitted on the labels 'relevant' and 'other' needs no pairs, and
    counts alone without them. Deep lists make reordering worse, so ``depth`` is small (Jacob et
    al., 2024).
    """

    retriever: Indexer
    judge: Learner | Model
    depth: int = 30

    @property
    def learns(self) -> bool:
        """Whether it makes something of pairs."""
        return True

    def over(self, passages: Passages, pairs: Pairs | None = None) -> RerankedIndex:
        """The retriever of ``passages``; `UnderdogError` where ``judge`` has no pairs to learn."""
        base = self.retriever.over(passages, pairs)
        if not pairs:
            if isinstance(self.judge, Learner):
                raise UnderdogError(
                    f"{self.judge!r} has no pairs to learn from", "name them: --pairs FILE"
                )
            return RerankedIndex(base, self.judge, self.depth)
        share, reason = 0.0, f"{len(pairs)} queries are too few to see whether reordering helps"
        if len(pairs) >= FEWEST and self.depth:
            lists = unseen(self.retriever, base, passages, pairs, self.depth)
            scores = self._unseen(base, passages, pairs.within(len(passages)), lists)
            share, reason = _share(lists, scores, pairs)
        judge = self.judge
        if isinstance(judge, Learner):
            judge = judge.fit(examples(base, passages, pairs, self.depth))
        return RerankedIndex(base, judge, self.depth, share, reason)

    def _unseen(
        self, base: Retriever, passages: Passages, pairs: Pairs, lists: list[list[Hit]]
    ) -> list[np.ndarray]:
        """The scores of the hits of each query, by a judge that did not learn from the query."""
        if not isinstance(self.judge, Learner):
            return _scores(self.judge, pairs.queries, lists)
        part, found = folds(len(pairs), PARTS), [np.zeros(0)] * len(pairs)
        for fold in range(PARTS):
            held = np.flatnonzero(part == fold).tolist()
            rest = pairs.at(np.flatnonzero(part != fold).tolist())
            judge = self.judge.fit(examples(base, passages, rest, self.depth))
            mine = _scores(judge, [pairs.queries[i] for i in held], [lists[i] for i in held])
            for row, scores in zip(held, mine, strict=True):
                found[row] = scores
        return found


@register("reranked.index", holds={"share": Number(0, 1)})
@dataclass(frozen=True, eq=False)
class RerankedIndex:
    """A retriever whose first ``depth`` hits are ordered by its scores and those of ``judge``.

    ``share`` is what the judge counts for: 1 is all, 0 nothing. ``reason`` says why.
    """

    retriever: Retriever
    judge: Model
    depth: int
    share: float = 1.0
    reason: str = ""

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The hits of the retriever, the first of them reordered; their scores are 0 to 1 then.

        Hits behind the first ``depth`` keep their order, with scores of 0 and less. Raises
        `UnderdogError` if the model does not know the label 'relevant'.
        """
        lists = self.retriever.top(queries, max(k, self.depth))
        if not self.depth or not self.share:
            return [hits[:k] for hits in lists]
        first = [hits[: self.depth] for hits in lists]
        found = []
        for hits, judged in zip(lists, _scores(self.judge, queries, first), strict=True):
            mixed = _mixed(hits[: self.depth], judged, self.share).tolist()
            front = [replace(hit, score=s) for hit, s in zip(hits, mixed, strict=False)]
            behind = [replace(h, score=-float(i)) for i, h in enumerate(hits[self.depth :])]
            found.append([*sorted(front, key=lambda hit: -hit.score), *behind][:k])
        return found

    def added(self, passages: Passages) -> RerankedIndex:
        """The same over these passages too; `UnderdogError` if the retriever cannot grow."""
        if not isinstance(self.retriever, Growing):
            raise UnderdogError(
                f"nothing can be added to {self.retriever!r}", "index all files together"
            )
        return replace(self, retriever=self.retriever.added(passages))

    def describe(self, texts: Sequence[Any]) -> tuple[Fact, ...]:
        """What the judge counts for, and why."""
        return (Fact("reranked", self.reason, self.share),) if self.reason else ()


def examples(base: Retriever, passages: Passages, pairs: Pairs, depth: int) -> Dataset:
    """Queries with passages that answer them, and with some of the first ``depth`` that ``base``
    finds wrongly, evenly over their ranks.
    """
    texts: list[tuple[str, str]] = []
    labels = []
    wrong = hard_negatives(base, pairs, max(depth, NEGATIVES))
    for query, right, found in zip(pairs.queries, pairs.rows, wrong, strict=True):
        places = np.linspace(0, len(found) - 1, min(NEGATIVES, len(found))).astype(int)
        for label, rows in ((RELEVANT, right), (OTHER, [found[place] for place in places])):
            texts += [(query, passages.texts[row]) for row in rows]
            labels += [label] * len(rows)
    return Dataset.of(texts, labels, name="relevance")


def _share(lists: list[list[Hit]], scores: Sequence[np.ndarray], pairs: Pairs) -> tuple[float, str]:
    """What the judge counts for, and the reason in words; from queries that it has not seen."""
    quality = {}
    for share in SHARES:
        orders = [
            np.argsort(-_mixed(hits, judged, share), kind="stable").tolist()
            for hits, judged in zip(lists, scores, strict=True)
        ]
        quality[share] = np.array(
            [
                ndcg([hits[place].row for place in order], right)
                for hits, order, right in zip(lists, orders, pairs.rows, strict=True)
            ]
        )
    part, gains = folds(len(pairs), seed=1), np.zeros(len(pairs))
    for fold in range(part.max() + 1):
        held = part == fold
        best = max(SHARES, key=lambda share: float(quality[share][~held].mean()))
        gains[held] = quality[best][held] - quality[0.0][held]
    told = f"on {len(pairs):,} held-out queries, nDCG@10 {quality[0.0].mean():.3f}"
    if lower_bound(gains.tolist()) <= 0:
        return 0.0, f"{told}; reordering gains {gains.mean():+.3f}, not certainly above zero"
    best = max(SHARES, key=lambda share: float(quality[share].mean()))
    return best, f"{told}; reordering gains {gains.mean():+.3f}, the judge counts for {best:.0%}"


def _mixed(hits: Sequence[Hit], judged: np.ndarray, share: float) -> np.ndarray:
    """Scores of the hits of one query by the retriever and the judge, ``[hits]``, from 0 to 1."""
    return share * _scaled(judged) + (1 - share) * _scaled(np.array([hit.score for hit in hits]))


def _scaled(scores: np.ndarray) -> np.ndarray:
    """``scores`` from 0, the lowest, to 1."""
    span = np.ptp(scores) if len(scores) else 0.0
    found: np.ndarray = (scores - scores.min()) / span if span else np.zeros(len(scores))
    return found


def _scores(
    judge: Model, queries: Sequence[str], lists: Sequence[Sequence[Hit]]
) -> list[np.ndarray]:
    """The log-odds of 'relevant' of each hit of each query, ``[hits]`` each."""
    pairs = [(q, hit.text) for q, hits in zip(queries, lists, strict=True) for hit in hits]
    if not pairs:
        return [np.zeros(0)] * len(queries)
    p = np.clip(_relevance(judge, pairs), 1e-6, 1 - 1e-6)
    ends = np.cumsum([len(hits) for hits in lists])[:-1]
    return np.split(np.log(p / (1 - p)), ends)


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
