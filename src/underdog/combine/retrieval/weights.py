"""Several lists of hits as one: by their ranks, or by their scores with learned weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from ...core.passages import Hit

Shares = tuple[float, ...]
Key = tuple[str, str]

CONSTANT = 60
"""Added to a rank before its inverse is taken: that of Cormack et al., 2009."""

STEPS = 10
"""Shares are tried in tenths."""


def fused(lists: Sequence[Sequence[Hit]], weights: Shares | None) -> list[Hit]:
    """The hits of all ``lists`` for one query, each once, the best first.

    Without ``weights`` a hit scores the sum of ``1 / (60 + rank)`` (reciprocal rank fusion); with
    them, the weighted sum of its scores, in each list from 0, the lowest, to 1.
    """
    if len(lists) == 1:
        return list(lists[0])
    scores: dict[Key, float] = {}
    hits: dict[Key, Hit] = {}
    for place, found in enumerate(lists):
        if weights is not None and not weights[place]:
            continue
        for hit, score in zip(found, _scores(found, weights, place), strict=True):
            key = (hit.source, hit.text)
            hits.setdefault(key, hit)
            scores[key] = scores.get(key, 0.0) + score
    order = sorted(scores, key=lambda key: -scores[key])
    return [replace(hits[key], score=scores[key]) for key in order]


def _scores(found: Sequence[Hit], weights: Shares | None, place: int) -> list[float]:
    if weights is None:
        return [1 / (CONSTANT + rank) for rank in range(1, len(found) + 1)]
    low = found[-1].score if found else 0.0
    span = (found[0].score - low) if found else 0.0
    return [weights[place] * ((hit.score - low) / span if span else 1.0) for hit in found]


def mixtures(n: int) -> Iterator[Shares]:
    """All weights of ``n`` lists in tenths that sum to 1."""
    for bars in combinations(range(STEPS + n - 1), n - 1):
        ends = (-1, *bars, STEPS + n - 1)
        yield tuple([float(b - a - 1) / STEPS for a, b in pairwise(ends)])


def orders(lists: Sequence[Sequence[Sequence[Hit]]], weights: Shares | None) -> list[list[int]]:
    """The rows that fusing finds for each query; ``lists`` are those of each retriever."""
    return [[hit.row for hit in fused(one, weights)] for one in zip(*lists, strict=True)]
