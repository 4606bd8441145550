"""A fitted detector: several readers of a text, weighed, and the score from which it alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import FIELDS, Floats
from ...core.data import Text
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...core.texts import sentences
from ...models.boosted.trees import Trees
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from .seen import Seen

LARGEST = 8.0
"""The largest logit that a reader may give: one that is sure of everything outvotes no other."""


def _disagreement(m: Any) -> str:
    """What is wrong with a `DetectorModel` that has the fields of ``m``."""
    if len(m.labels) != 2 or m.alarm not in m.labels:
        return "a detector has two labels, and alarms for one of them"
    if len(m.weights) != len(m.readers) + (m.trees is not None):
        return "readers and weights do not agree"
    return ""


@register(
    "detector.model",
    holds={"weights": Array("parts"), "bias": Number(-1e6, 1e6), "alarm_at": Number(-1e6, 1e6)},
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class DetectorModel:
    """The logit of ``alarm`` is that of each reader times its weight, plus ``bias``.

    ``readers`` are models of the two ``labels``; ``trees``, the last part, read what is ``seen``.
    The answer is ``alarm`` where the logit is above ``alarm_at``: the probabilities are those of
    the shifted logit, so that they are one half there.
    """

    labels: tuple[str, ...]
    alarm: str
    readers: tuple[Model, ...]
    trees: Trees | None
    seen: Seen
    weights: Floats
    bias: float
    alarm_at: float
    facts: tuple[Fact, ...] = ()

    def answer(self, texts: Sequence[Text]) -> Answers:
        """One of the two labels for each text, with probabilities ``[texts, 2]``.

        Raises `UnderdogError` for pairs where single texts were learned, and the other way round.
        """
        scores, costs = self.weigh(texts)
        mine = 1 / (1 + np.exp(-np.clip(scores - self.alarm_at, -500, 500)))
        probs = np.stack([1 - mine, mine], axis=1)
        if self.labels[0] == self.alarm:
            probs = np.ascontiguousarray(probs[:, ::-1])
        return Answers.likeliest(self.labels, probs, costs, "detector")

    def weigh(self, texts: Sequence[Text]) -> tuple[Floats, Floats]:
        """The logit of ``alarm`` before any threshold, ``[texts]``; and receipts ``[texts, 6]``."""
        at = self.labels.index(self.alarm)
        columns = []
        costs: Floats = np.zeros((len(texts), len(FIELDS)))
        for reader in self.readers:
            said = reader.answer(texts)
            costs = costs + said.costs
            columns.append(logits(said, self.labels, at))
        if self.trees is not None:
            rows, more = self.seen.rows(texts)
            costs = costs + more
            columns.append(of_trees(self.trees, rows, at))
        parts = np.stack(columns, axis=1) if len(texts) else np.zeros((0, len(self.weights)))
        return parts @ self.weights + self.bias, costs

    def sentences(self, source: str, answer: str) -> list[tuple[str, float]]:
        """Each sentence of ``answer``, and the probability that ``source`` does not support it.

        Raises `UnderdogError` if this is no grounded detector.
        """
        if self.seen.kind != "grounded":
            raise UnderdogError(
                "only a grounded detector judges the sentences of an answer",
                "fit one: underdog fit FILE \"detector('grounded')\" --text source --text answer",
            )
        cut = sentences(answer)
        logit, _ = self.weigh([(source, one) for one in cut])
        chance = 1 / (1 + np.exp(-np.clip(logit, -500, 500)))
        return list(zip(cut, chance.tolist(), strict=True))

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """What was learned from, what is guaranteed, and how it does on other kinds of text."""
        return self.facts


def logits(answers: Answers, labels: tuple[str, ...], at: int) -> Floats:
    """The log odds of the label at ``at`` in ``answers``, ``[texts]``, within `LARGEST`."""
    p = np.clip(answers.matrix(labels)[:, at], 1e-9, 1 - 1e-9)
    odds: Floats = np.log(p) - np.log1p(-p)
    return np.clip(odds, -LARGEST, LARGEST)


def of_trees(trees: Trees, rows: Floats, at: int) -> Floats:
    """The log odds of the label at ``at`` by ``trees``, ``[rows]``, within `LARGEST`."""
    margins = trees.margins(rows)
    return np.clip(margins[:, at] - margins[:, 1 - at], -LARGEST, LARGEST)
