"""What another member brings an ensemble, and costs: the study's Figure 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import mean

import numpy as np

from examples.trial import Question, Trial
from underdog.evaluate.diversity import Diversity, Size


@dataclass(frozen=True)
class Grown:
    """Means over the seeds: of ``sizes`` of one member to all, and of how ``apart`` members are.

    ``training`` and ``answering`` are seconds on the clock that a member more takes, of its
    training and of a thousand answers.
    """

    sizes: tuple[Size, ...]
    apart: Diversity
    training: float
    answering: float


def grown(every: Sequence[Trial], question: Question) -> Grown | None:
    """Of an ensemble's trials, one a seed; None where there is no ensemble in them."""
    every = [one for one in every if one.run.fact("growth")]
    if not every:
        return None
    curves = [[Size(**size) for size in one.run.fact("growth")] for one in every]
    sizes = [_means(same) for same in zip(*curves, strict=False)]
    members, *apart = _means([Diversity(**one.run.fact("diversity")) for one in every])
    return Grown(
        tuple([Size(round(n), *reached) for n, *reached in sizes]),
        Diversity(round(members), *apart),
        mean(one.fitting for one in every) / members,
        mean(one.run.wall for one in every) / members / len(question.test) * 1000,
    )


def _means(same: Sequence[Size] | Sequence[Diversity]) -> list[float]:
    means: list[float] = np.mean([astuple(one) for one in same], axis=0).tolist()
    return means
