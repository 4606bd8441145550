"""The majority-class baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..core.protocols import Model
from ..runtime.meter import Meter
from ..runtime.registry import register
from ..runtime.schema import Array


@register("majority", sample="majority()")
@dataclass(frozen=True)
class Majority:
    """Predicts the most frequent class; its probabilities are the label frequencies in training."""

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """Count the labels of ``data``. The random ``seed`` is not used."""
        meter = Meter()
        counts = Counter(data.labels)
        shares = np.array([float(counts[label]) for label in data.task.labels])
        model = MajorityModel(data.task.labels, shares / max(shares.sum(), 1.0))
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
