"""Several retrievers as one: fused where that finds more, and else the best of them alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.passages import Hit, Pairs, Passages
from ...core.protocols import Growing, Indexer, Retriever
from ...data.ranking import folds, lower_bound, ndcg
from ...runtime.registry import register
from ...runtime.schema import Number
from .weights import Shares, fused, mixtures, orders

DEPTH = 100
"""Hits of each retriever that are fused."""

FEWEST = 20
"""Queries below which nothing is chosen by pairs: too few to see a difference."""

Lists = list[list[list[Hit]]]


@register("fused", holds={"depth": Number(1, 10_000)})
@dataclass(frozen=True)
class Fused:
    """Several retrievers that are searched together, such as an index and a database.

    Without ``weights`` they are fused by the ranks of their first ``depth`` hits (reciprocal rank
    fusion, Cormack et al., 2009); with them by scores. ``reason`` says why they were chosen.
    """

    retrievers: tuple[Retriever, ...]
    weights: tuple[float, ...] | None = None
    depth: int = DEPTH
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.retrievers:
            raise UnderdogError("there are no retrievers to fuse", "as in: fused([index('INDEX')])")
        if self.weights is not None and len(self.weights) != len(self.retrievers):
            raise UnderdogError("there must be one weight for each retriever", "or leave them out")

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The best hits of all; of a single retriever they are its own."""
        if len(self.retrievers) == 1:
            return self.retrievers[0].top(queries, k)
        lists = [retriever.top(queries, max(k, self.depth)) for retriever in self.retrievers]
        return [fused(one, self.weights)[:k] for one in zip(*lists, strict=True)]

    def added(self, passages: Passages) -> Fused:
        """The same with ``passages`` in each retriever; `UnderdogError` if one cannot grow."""
        grown = []
        for one in self.retrievers:
            if not isinstance(one, Growing):
                raise UnderdogError(f"nothing can be added to {one!r}", "index all files together")
            grown.append(one.added(passages))
        return Fused(tuple(grown), self.weights, self.depth, self.reason)

    def describe(self, texts: Sequence[Any]) -> tuple[Fact, ...]:
        """Why these retrievers and weights were chosen."""
        return (Fact("fused", self.reason, self.weights),) if self.reason else ()


@register("hybrid", sample="hybrid([bm25(), bm25(b=0.2)])", holds={"depth": Number(1, 10_000)})
@dataclass(frozen=True)
class Hybrid:
    """Several indexes of the same passages: words and vectors find different ones.

    Without pairs the first ``depth`` hits are fused by their ranks. Fusing can hurt, as where one
    of the retrievers is weak. So where pairs are given, each retriever alone, their ranks and
    learned weights are compared on queries that they did not learn from, and fusing is used only
    where its gain of nDCG@10 on the best single one is above zero by a bootstrap interval.
    """

    recipes: tuple[Indexer, ...]
    depth: int = DEPTH

    def __post_init__(self) -> None:
        if not self.recipes:
            raise UnderdogError(
                "there are no retrievers to combine", "as in: hybrid([bm25(), dense()])"
            )

    @property
    def learns(self) -> bool:
        """Whether it makes something of pairs."""
        return True

    def over(self, passages: Passages, pairs: Pairs | None = None) -> Fused:
        """The retriever of ``passages``; raises as its recipes do."""
        parts = [recipe.over(passages, pairs) for recipe in self.recipes]
        if len(parts) == 1 or not pairs or len(pairs) < FEWEST:
            return Fused(tuple(parts), None, self.depth)
        lists = [
            unseen(recipe, part, passages, pairs, self.depth)
            for recipe, part in zip(self.recipes, parts, strict=True)
        ]
        chosen, weights, reason = _choice(lists, pairs, [repr(r) for r in self.recipes])
        return Fused(tuple([parts[i] for i in chosen]), weights, self.depth, reason)


def unseen(
    recipe: Indexer, fitted: Retriever, passages: Passages, pairs: Pairs, depth: int
) -> list[list[Hit]]:
    """What is found for each query by a retriever that did not learn from it."""
    if not getattr(recipe, "learns", False):
        return fitted.top(pairs.queries, depth)
    part = folds(len(pairs))
    found: list[list[Hit]] = [[] for _ in pairs.queries]
    for fold in range(part.max() + 1):
        held = np.flatnonzero(part == fold).tolist()
        rest = pairs.at(np.flatnonzero(part != fold).tolist())
        hits = recipe.over(passages, rest).top(pairs.at(held).queries, depth)
        for row, one in zip(held, hits, strict=True):
            found[row] = one
    return found


def _choice(
    lists: Lists, pairs: Pairs, names: Sequence[str]
) -> tuple[list[int], Shares | None, str]:
    """The retrievers to use, their weights, and the reason in words."""
    alone = [_quality(orders([one], None), pairs) for one in lists]
    best = max(range(len(alone)), key=lambda i: float(alone[i].mean()))
    part = folds(len(pairs), seed=1)
    values = {weights: _quality(orders(lists, weights), pairs) for weights in mixtures(len(lists))}
    blended = np.zeros(len(pairs))
    for fold in range(part.max() + 1):
        held = part == fold
        weights = max(values, key=lambda w: float(values[w][~held].mean()))
        blended[held] = values[weights][held]
    ways: list[tuple[np.ndarray, Callable[[], Shares | None], str]] = [
        (_quality(orders(lists, None), pairs), lambda: None, "their ranks"),
        (blended, lambda: max(values, key=lambda w: float(values[w].mean())), "learned weights"),
    ]
    quality, settle, name = max(ways, key=lambda way: float(way[0].mean()))
    gains, base = quality - alone[best], alone[best].mean()
    gain, low = gains.mean(), lower_bound(gains.tolist())
    told = f"on {len(pairs):,} held-out queries, nDCG@10 {base:.3f} of {names[best]}"
    if low <= 0:
        return [best], None, f"{told} alone; fusing gains {gain:+.3f}, not certainly above zero"
    return [*range(len(lists))], settle(), f"{told}; fusing by {name} gains {gain:+.3f}"


def _quality(found: Iterator[list[int]] | list[list[int]], pairs: Pairs) -> np.ndarray:
    """nDCG@10 of each query, ``[queries]``."""
    return np.array([ndcg(rows, right) for rows, right in zip(found, pairs.rows, strict=True)])
