"""What learners take from a data set, and how they check themselves on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import cbrt

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ..features.text_pairs import are_pairs

FOLDS = 4
ENOUGH = 2_000
"""Held-out examples that settle a choice: with so many in one fold, the others are not run."""

MANY = 1000
"""Examples of a label of which a few passes are enough."""

FEW = 20
"""Held-out examples from which something can be concluded."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples whose answer is known: ``gold`` is a distribution, ``[examples, labels]``."""

    texts: tuple[Text, ...]
    gold: Floats
    clusters: tuple[str, ...]

    @property
    def pairs(self) -> bool:
        """Whether each example is a pair of texts."""
        return are_pairs(self.texts)

    @classmethod
    def of(cls, data: Dataset) -> Examples:
        """The labelled examples of ``data``; soft labels count where there are any.

        `UnderdogError` if single texts and pairs are mixed.
        """
        are_pairs(data.texts)
        hard = data.targets[:, None] == np.arange(len(data.task.labels))
        gold = hard.astype(np.float64)
        if data.soft is not None:
            doubts = np.nan_to_num(data.soft)
            gold = np.where(doubts.sum(axis=1, keepdims=True) > 0, doubts, gold)
        rows = np.flatnonzero(gold.sum(axis=1) > 0)
        if not len(rows):
            raise UnderdogError(
                "there is no labelled example to learn from",
                "name the column of labels: --label COLUMN",
            )
        found = np.flatnonzero(gold.sum(axis=0) > 0)
        if len(found) < 2:
            raise UnderdogError(
                f"every training example is labelled {data.task.labels[found[0]]!r}",
                "give examples of two labels or more; to look at the file: underdog audit FILE",
            )
        gold = gold[rows] / gold[rows].sum(axis=1, keepdims=True)
        clusters = data.clusters
        return cls(tuple([data.texts[i] for i in rows]), gold, tuple([clusters[i] for i in rows]))

    def folds(self, seed: int) -> Iterator[tuple[Mask, Mask]]:
        """Masks (train, held out): a fold at a time, what belongs together on one side."""
        _, cluster = np.unique(np.array(self.clusters, dtype=object), return_inverse=True)
        fold = np.random.default_rng(seed).permutation(cluster.max() + 1)[cluster] % FOLDS
        for i in range(FOLDS):
            if 0 < (fold == i).sum() < len(fold):
                yield fold != i, fold == i

    def held_out(self, seed: int) -> Iterator[tuple[Mask, Mask]]:
        """As many `folds` as it takes to settle a choice."""
        rounds = 1 if len(self.texts) >= ENOUGH * FOLDS else FOLDS
        return islice(self.folds(seed), rounds)


def softmax(margins: Floats) -> Floats:
    """Each row of ``margins`` as a distribution; a margin of minus infinity is probability 0."""
    powers: Floats = np.exp(margins - margins.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def log_loss(margins: Floats, gold: Floats) -> float:
    """Mean surprise, in nats, at ``gold`` (``[texts, labels]``) after a softmax of ``margins``."""
    return float(-(gold * np.log(softmax(margins).clip(1e-15))).sum(axis=1).mean())


def passes(data: Dataset) -> int:
    """How often to read each example: four times where labels have a thousand, sixteen of a dozen.

    What counts besides is the number of steps (Mosbach et al., ICLR 2021).
    """
    each = max(1, len(data)) / len(data.task.labels)
    return round(min(16, 4 * cbrt(max(1, MANY / each))))


def judged(margins: Floats, gold: Floats) -> tuple[float, float]:
    """The log loss of held-out ``margins`` at their best temperature, and the factor it takes.

    The factor, between 1/100 and 100, is the inverse of the temperature of Guo et al., "On
    calibration of modern neural networks", ICML 2017; it changes no answer. Rows whose gold
    label the fold had never seen do not count; of fewer than `FEW` rows nothing is concluded:
    loss 0, factor 1.
    """
    from scipy.optimize import minimize_scalar

    seen = np.isfinite(np.where(gold > 0, margins, 0.0)).all(axis=1)
    if seen.sum() < FEW:
        return 0.0, 1.0
    margins, gold = margins[seen], gold[seen]
    found = minimize_scalar(
        lambda power: log_loss(margins * 10.0**power, gold), bounds=(-2, 2), method="bounded"
    )
    return float(found.fun), float(10.0**found.x)
