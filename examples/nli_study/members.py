"""What another member brings an ensemble, and costs: the study's Figure 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import mean

import numpy as np

from examples.trial import Question, Trial
from underdog.judge.diversity import Diversity, Size, diversity, growth


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
    voted = [(one, one.ballots) for one in every if one.ballots is not None]
    if not voted:
        return None
    gold = question.test.targets
    curves = zip(*(growth(ballots, gold) for _, ballots in voted), strict=False)
    n, *apart = _means([diversity(ballots, gold) for _, ballots in voted])
    return Grown(
        tuple([Size(n, *_means(same)[1:]) for n, same in enumerate(curves, start=1)]),
        Diversity(round(n), *apart),
        mean(one.fitting / len(ballots) for one, ballots in voted),
        mean(one.run.wall / len(ballots) for one, ballots in voted) / len(gold) * 1000,
    )


def _means(same: Sequence[Size] | Sequence[Diversity]) -> list[float]:
    means: list[float] = np.mean([astuple(one) for one in same], axis=0).tolist()
    return means
