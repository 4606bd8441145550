"""Labelled examples for a fit, cross-validation folds, and the calibration of probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import cbrt

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.task import require_kind
from ...runtime.schema import Number
from ..features.text_pairs import are_pairs
from .heads import NUMBER_OUTPUTS, NumberHead

FOLDS = 4
"""Cross-validation folds."""
ENOUGH_HELD_OUT = 2_000
"""If one fold holds out this many examples, the other folds are skipped."""
MANY_CELLS = 400_000
"""If examples times labels are more than this, one fold is enough: others would take long."""

MANY_PER_LABEL = 1000
"""With this many examples per label, four epochs are enough."""

FINE_TUNING = {
    "lora": Number(0, 4096),
    "epochs": Number(1, 10_000),
    "rate": Number(0),
    "batch": Number(1, 65_536),
    "length": Number(1, 1 << 20),
}
"""What the options of a pretrained network that is fine-tuned may be."""

FEW = 20
"""The fewest held-out examples from which anything is concluded."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Examples:
    """The labelled examples of a data set.

    ``gold`` has the shape ``[examples, labels]``, one distribution per example, times how much the
    example counts: 1 on average. ``clusters`` names the examples that must stay on the same side
    of a split. Of a multi-label task, ``gold`` is 1 for each right label. Of numbers it has the
    shape ``[examples, 2]``: the number in units of their spread around their mean, as ``numbers``
    turns it back, and 0.
    """

    texts: tuple[Text, ...]
    gold: Floats
    clusters: tuple[str, ...]
    kind: str = "label"
    numbers: NumberHead | None = None

    @property
    def pairs(self) -> bool:
        """Whether each example is a pair of texts."""
        return are_pairs(self.texts)

    @classmethod
    def of(cls, data: Dataset, name: str = "this recipe", *kinds: str) -> Examples:
        """The labelled examples of ``data``; soft labels replace hard ones where there are any.

        An example that weighs nothing is left out.

        Raises `UnderdogError` if the task is not of one of ``kinds``, by default ``label`` alone,
        which is what the recipe called ``name`` learns; if single texts and pairs are mixed, if
        there is no labelled example, or if all have the same label.
        """
        require_kind(data.task, name, *(kinds or ("label",)))
        are_pairs(data.texts)
        if data.task.kind != "label":
            return cls._graded(data)
        hard = data.targets[:, None] == np.arange(len(data.task.labels))
        gold = hard.astype(np.float64)
        if data.soft is not None:
            soft = np.nan_to_num(data.soft)
            gold = np.where(soft.sum(axis=1, keepdims=True) > 0, soft, gold)
        weights = np.ones(len(data)) if data.weights is None else data.weights
        rows = np.flatnonzero((gold.sum(axis=1) > 0) & (weights > 0))
        if not len(rows):
            raise UnderdogError(
                "there is no labelled example to learn from",
                "name the column of labels: --label COLUMN",
            )
        labels_present = np.flatnonzero(gold[rows].sum(axis=0) > 0)
        if len(labels_present) < 2:
            raise UnderdogError(
                f"every training example is labelled {data.task.labels[labels_present[0]]!r}",
                "give examples of at least two labels; to inspect the file: underdog audit FILE",
            )
        gold = gold[rows] / gold[rows].sum(axis=1, keepdims=True)
        if data.weights is not None:
            gold *= (weights[rows] / weights[rows].mean())[:, None]
        clusters = data.clusters
        return cls(tuple([data.texts[i] for i in rows]), gold, tuple([clusters[i] for i in rows]))

    @classmethod
    def _graded(cls, data: Dataset) -> Examples:
        """The examples of a task of sets or numbers; weights only tell which take part."""
        number = data.task.kind == "number"
        usable = ~np.isnan(data.numbers) if number else data.known.copy()
        if data.weights is not None:
            usable &= data.weights > 0
            if len(np.unique(data.weights[usable])) > 1:
                warnings.warn("sets and numbers are learned without example weights", stacklevel=3)
        rows = np.flatnonzero(usable)
        if not len(rows):
            raise UnderdogError(
                "there is no example with a right answer to learn from",
                "name the column of right answers: --label COLUMN",
            )
        labelled = data.take(rows)
        gold, head = labelled.memberships, None
        if number:
            values = labelled.numbers
            with np.errstate(over="ignore", invalid="ignore"):
                parts = values.mean(), values.std(), values.min(), values.max()
            if not np.isfinite(parts).all():
                raise UnderdogError(
                    f"numbers as large as {np.abs(values).max():g} cannot be learned",
                    "write them in another unit",
                )
            head = NumberHead(*map(float, parts))
            gold = np.column_stack([(values - head.centre) / max(head.spread, 1e-300), 0 * values])
        if not (gold != gold[0]).any():
            raise UnderdogError(
                f"every training example has the same answer, {labelled.labels[0]!r}",
                "give examples of at least two answers; to inspect the file: underdog audit FILE",
            )
        return cls(labelled.texts, gold, labelled.clusters, data.task.kind, head)

    def outputs(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """What a model of these examples scores: the ``labels``, or a number and its error."""
        return labels if self.numbers is None else NUMBER_OUTPUTS

    def folds(self, seed: int) -> Iterator[tuple[Mask, Mask]]:
        """Masks ``[examples]`` of the training and the held-out rows, fold by fold; clusters stay
        together.
        """
        _, cluster = np.unique(np.array(self.clusters, dtype=object), return_inverse=True)
        fold = np.random.default_rng(seed).permutation(cluster.max() + 1)[cluster] % FOLDS
        for i in range(FOLDS):
            if 0 < (fold == i).sum() < len(fold):
                yield fold != i, fold == i

    def held_out(self, seed: int) -> Iterator[tuple[Mask, Mask]]:
        """As many `folds` as a choice between settings needs, masks of shape ``[examples]``."""
        return islice(self.folds(seed), rounds(*self.gold.shape))


def rounds(examples: int, labels: int) -> int:
    """How many folds a choice between settings needs."""
    many = examples >= ENOUGH_HELD_OUT * FOLDS or examples * labels > MANY_CELLS
    return 1 if many else FOLDS


def softmax(margins: Floats) -> Floats:
    """Each row of ``margins``, ``[texts, labels]``, as a distribution of that shape; minus infinity
    becomes 0.
    """
    powers: Floats = np.exp(margins - np.maximum.reduce(margins, axis=1, keepdims=True))
    powers /= np.add.reduce(powers, axis=1, keepdims=True)
    return powers


def default_epochs(data: Dataset) -> int:
    """Epochs for ``data``: 4 with a thousand examples per label, up to 16 with a dozen.

    The number of steps matters beside the number of epochs (Mosbach et al., ICLR 2021).
    """
    per_label = max(1, len(data)) / max(2, len(data.task.labels))
    return round(min(16, 4 * cbrt(max(1, MANY_PER_LABEL / per_label))))


def fit_temperature(margins: Floats, gold: Floats) -> tuple[float, float]:
    """The log loss of held-out ``margins`` at the best temperature, in nats, and the factor for
    logits.

    ``margins`` and ``gold`` have the shape ``[texts, labels]``. The factor, between 1/100 and 100,
    is the inverse temperature of Guo et al., "On calibration of modern neural networks", ICML 2017;
    it changes no predicted label. Rows whose label was missing from their training fold are left
    out. With fewer than `FEW` rows the result is loss 0 and factor 1.
    """
    from scipy.optimize import minimize_scalar

    seen = np.isfinite(np.where(gold > 0, margins, 0.0)).all(axis=1)
    if seen.sum() < FEW:
        return 0.0, 1.0
    rows = np.flatnonzero(seen)
    margins = margins[rows] - margins[rows].max(axis=1, keepdims=True)
    text, label = np.nonzero(gold[rows])
    share, right = gold[rows[text], label], margins[text, label]

    def loss(power: float) -> float:
        factor = 10.0**power
        powers = margins * factor
        total = np.exp(powers, out=powers).sum(axis=1)
        given = np.exp(right * factor) / total[text]
        return float(-(share * np.log(given.clip(1e-15))).sum() / len(rows))

    optimum = minimize_scalar(loss, bounds=(-2, 2), method="bounded")
    return float(optimum.fun), float(10.0**optimum.x)
