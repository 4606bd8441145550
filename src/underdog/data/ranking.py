"""Rankings: the best of many scores, how good an order is, and what is found wrongly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..core.passages import Pairs
    from ..core.protocols import Retriever


def best(scores: NDArray[Any], k: int, least: float = -np.inf) -> NDArray[np.intp]:
    """The places of the ``k`` largest scores above ``least``, ``[hits]``; ties in order."""
    if k < len(scores):
        bound = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero((scores >= bound) & (scores > least))
    else:
        places = np.flatnonzero(scores > least)
    found: NDArray[np.intp] = places[np.argsort(-scores[places], kind="stable")][:k]
    return found


def ndcg(found: Sequence[int], gains: Mapping[int, float] | Collection[int], k: int = 10) -> float:
    """The normalised discounted cumulative gain of the first ``k`` (Järvelin and Kekäläinen, 2002).

    ``gains`` says what each relevant row is worth, 1 where it is a collection. As in trec_eval,
    a gain is divided by the logarithm of its place. 0 if nothing is relevant.

    >>> round(ndcg([7, 3, 9], {3: 1.0, 9: 1.0}), 4)
    0.6934
    """
    worth = dict(gains) if isinstance(gains, Mapping) else dict.fromkeys(gains, 1.0)
    ideal = sorted(worth.values(), reverse=True)[:k]
    reached = [worth.get(row, 0.0) for row in found[:k]]
    most = sum(gain / np.log2(place + 2) for place, gain in enumerate(ideal))
    return float(sum(g / np.log2(p + 2) for p, g in enumerate(reached)) / most) if most else 0.0


def average_precision(found: Sequence[int], relevant: Collection[int]) -> float:
    """The mean precision at each relevant row; those that are not found count 0.

    >>> round(average_precision([7, 3, 9], {3, 9}), 4)
    0.5833
    """
    hits = [place for place, row in enumerate(found, 1) if row in relevant]
    return sum(n / place for n, place in enumerate(hits, 1)) / len(relevant) if relevant else 0.0


def recall(found: Sequence[int], relevant: Collection[int], k: int = 10) -> float:
    """The share of the relevant rows among the first ``k``; 0 if nothing is relevant."""
    return len(set(found[:k]) & set(relevant)) / len(set(relevant)) if relevant else 0.0


def hard_negatives(retriever: Retriever, pairs: Pairs, n: int) -> list[list[int]]:
    """For each query of ``pairs`` the rows of the first ``n`` passages that are found wrongly."""
    most = n + max((len(rows) for rows in pairs.rows), default=0)
    found = retriever.top(pairs.queries, most)
    return [
        [hit.row for hit in hits if hit.row not in set(rows)][:n]
        for hits, rows in zip(found, pairs.rows, strict=True)
    ]


def lower_bound(differences: Sequence[float], seed: int = 0) -> float:
    """The 2.5th percentile of the mean of ``differences`` over 1,000 bootstrap resamples."""
    values = np.asarray(differences, float)
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (1000, len(values)))].mean(axis=1)
    return float(np.quantile(means, 0.025))


def folds(n: int, parts: int = 4, seed: int = 0) -> NDArray[np.int64]:
    """The number of the fold of each of ``n`` queries, ``[queries]``, from 0."""
    order = np.arange(n) % max(1, min(parts, n))
    shuffled: NDArray[np.int64] = np.random.default_rng(seed).permutation(order)
    return shuffled
