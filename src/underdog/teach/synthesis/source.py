"""What a source of further texts gives: texts with labels, where each comes from, and the bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from ...core.cost import FREE, Cost
from ...core.data import Dataset, Text, normal
from ...models.features.near_equal import leaders
from ...models.features.tfidf import Tfidf

Origins = tuple[tuple[int, ...], ...]
"""For each text the rows of the real data that it was made from."""

AUDITED = 2_000
"""Texts between which similarities are computed, at most."""


@dataclass(frozen=True, eq=False)
class Made:
    """Texts with labels, made from the rows ``origins`` of real ones; what they cost; what went.

    ``dropped`` counts texts that were left out, by reason: empty ones, near duplicates, and those
    that an independent judge gave another label.
    """

    data: Dataset
    origins: Origins
    cost: Cost = FREE
    dropped: tuple[tuple[str, int], ...] = ()

    def take(self, rows: Sequence[int]) -> Made:
        """The texts at ``rows``, in that order."""
        origins = tuple([self.origins[i] for i in rows])
        return replace(self, data=self.data.take(list(rows)), origins=origins)

    def without(self, reason: str, keep: Sequence[int]) -> Made:
        """Only the texts at ``keep``; the others are counted under ``reason``."""
        gone = len(self.data) - len(keep)
        dropped = (*self.dropped, (reason, gone)) if gone else self.dropped
        return replace(self.take(keep), dropped=dropped)


@runtime_checkable
class Source(Protocol):
    """Anything that makes further texts with labels, with or without looking at real ones."""

    def more(self, data: Dataset, seed: int = 0) -> Made:
        """Further texts for the task of ``data``; not cleaned."""
        ...


def cleaned(found: Made, real: Dataset) -> Made:
    """``found`` without empty texts and without near duplicates of each other or of ``real``."""
    texts = [normal(text).strip("\x1f") for text in found.data.texts]
    found = found.without("empty", [i for i, text in enumerate(texts) if text])
    known = [normal(text) for text in real.texts]
    both = [*known, *(normal(text) for text in found.data.texts)]
    first, start = leaders(both), len(known)
    fresh = [i - start for i in range(start, len(both)) if first[i] == i]
    return found.without("near duplicates", fresh)


def similarity(texts: Sequence[Text]) -> float:
    """The mean cosine between the TF-IDF rows of two different texts: 0 is nothing in common.

    0 for fewer than two texts. Of many texts the first `AUDITED` count.
    """
    some = list(texts)[:AUDITED]
    if len(some) < 2:
        return 0.0
    rows = Tfidf.learn(some).rows(some)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    unit = rows.multiply((1 / np.maximum(norms, 1e-12))[:, None]).tocsr()
    whole = np.asarray(unit.sum(axis=0)).ravel()
    n = len(some)
    return float((whole @ whole - (norms > 0).sum()) / (n * (n - 1)))
