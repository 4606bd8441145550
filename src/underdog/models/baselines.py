"""The baseline that gives every text the same answer: the commonest one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.protocols import Model
from ..core.values import as_number
from ..runtime.meter import Meter
from ..runtime.registry import register
from ..runtime.schema import Array


@register("majority", sample="majority()")
@dataclass(frozen=True)
class Majority:
    """Predicts the most frequent class; its probabilities are the label frequencies in training.

    Of sets and texts it answers the most frequent one, of numbers the median.
    """

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Count the labels of ``data``. The random ``seed`` is not used.

        Raises `UnderdogError` if a set, number or text is to be learned and none is known.
        """
        data = dataset(data)
        meter = Meter()
        model: Model
        if data.task.kind == "label":
            counts = Counter(data.labels)
            shares = np.array([float(counts[label]) for label in data.task.labels])
            model = MajorityModel(data.task.labels, shares / max(shares.sum(), 1.0))
        else:
            model = ConstantModel(_commonest(data))
        meter.bill(1)
        return model


@register("majority.model", holds={"shares": Array("labels", low=0)})
@dataclass(frozen=True, eq=False)
class MajorityModel:
    """Gives every text the distribution ``shares``, shape ``[labels]``."""

    labels: tuple[str, ...]
    shares: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most frequent label for every text, with probabilities ``[texts, labels]``."""
        meter = Meter()
        probs = np.tile(self.shares, (len(texts), 1))
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "majority")


@register("majority.constant")
@dataclass(frozen=True, eq=False)
class ConstantModel:
    """Gives every text the answer ``value``: a set, a number or a text."""

    value: str

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The same answer for every text, without a confidence."""
        meter = Meter()
        return Answers.said([self.value] * len(texts), meter.bill(len(texts)), "majority")


def _commonest(data: Dataset) -> str:
    labels = [label for label in data.labels if label is not None]
    if not labels:
        raise UnderdogError(
            "there is no example with a right answer", "name the column: --label COLUMN"
        )
    if data.task.kind == "number":
        return as_number(float(np.nanmedian(data.numbers)))
    return Counter(labels).most_common(1)[0][0]
