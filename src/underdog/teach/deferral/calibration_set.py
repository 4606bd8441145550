"""What a sample shows about a small and a large model that both answered it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...combine.cascade import Cascade
from ...core.answer import Answers
from ...core.cost import FIELDS, Floats
from ...core.data import Dataset

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]
DOLLARS = FIELDS.index("dollars")
NOBODY = -1


@dataclass(frozen=True, eq=False)
class Evidence:
    """A sample as the promises see it: places of labels, ``[rows]``, and `NOBODY` for none.

    ``spent`` is the dollars of the small model and of weighing its answer, ``price`` those of
    the large one.
    """

    labels: tuple[str, ...]
    sure: Floats
    small: Places
    large: Places
    gold: Places
    spent: Floats
    price: Floats

    @classmethod
    def of(cls, data: Dataset, small: Answers, sure: Floats, large: Answers) -> Evidence:
        """What ``data`` shows about a small and a large model that answered all its texts."""
        where = {label: k for k, label in enumerate(data.task.labels)}

        def places(answers: Answers) -> Places:
            return np.array([where.get(value, NOBODY) for value in answers.values], np.intp)

        return cls(
            data.task.labels,
            sure,
            places(small),
            places(large),
            data.targets,
            small.costs[:, DOLLARS],
            large.costs[:, DOLLARS],
        )

    def __len__(self) -> int:
        return len(self.sure)

    def take(self, rows: NDArray[Any]) -> Evidence:
        """The evidence of some rows."""
        columns = (self.sure, self.small, self.large, self.gold, self.spent, self.price)
        return Evidence(self.labels, *(column[rows] for column in columns))

    def shuffled(self, seed: int) -> Evidence:
        """The rows in an order that says nothing: files are often sorted, and bets see order."""
        return self.take(np.random.default_rng(seed).permutation(len(self)))


def gathered(cascade: Cascade, data: Dataset) -> Evidence:
    """What ``data`` shows about the two stages of ``cascade``; asks both about every text."""
    (small, large), (signal,) = cascade.stages, cascade.sure
    answers, sure = signal.weigh(data.texts, small.answer(data.texts))
    return Evidence.of(data, answers, sure, large.answer(data.texts))
