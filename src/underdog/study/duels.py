"""How contestants are tested against the incumbent, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.cost import Floats
from ..evaluate import stats
from ..evaluate.control import controlled
from .runs.run import Run
from .test_set import TestSet

RECALL_DROP = 0.05
"""A loss of recall that no gain of accuracy makes up for."""

SURE = 0.05
"""The chance that any label is said to lose recall and does not."""

FEWEST_OF_A_LABEL = 20
"""Test texts of a label below which nothing is said about its recall alone."""


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """The incumbent's correctness on texts outside the test part, and their clusters: ``[texts]``.

    They must be drawn like the test part, and it must not have learned from them.
    """

    right: Floats
    clusters: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DuelPlan:
    """How contestants are tested, fixed before the test part was looked at.

    ``order`` is that of their accuracy inside the training part, which could not tell the first
    two apart if they are ``tied``.
    """

    order: Sequence[str] = ()
    tied: bool = False
    elsewhere: Elsewhere | None = None


def correlation(one: Floats, other: Floats) -> float:
    """Of two columns; 0 where one of them does not vary."""
    spread = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread else 0.0


def duel(
    small: Floats, large: Floats, gold: TestSet, margin: float, elsewhere: Elsewhere | None
) -> stats.Paired:
    """Compare the correctness of two contestants, ``[texts]`` each; ``margin`` is a share."""
    if elsewhere is None:
        return stats.paired(small, large, margin, gold.clusters)
    others, clusters = elsewhere.right, elsewhere.clusters
    return controlled(small, large, others, margin, gold.clusters, clusters)


def in_sequence(
    runs: Mapping[str, Sequence[Run]],
    right: Mapping[str, Floats],
    duels: Mapping[str, stats.Paired],
    incumbent: str,
    plan: DuelPlan,
) -> dict[str, tuple[int, float]]:
    """The place and the adjusted p-value of non-inferiority of each contestant that is tested.

    ``right`` holds the correctness of each, ``[texts]``. Contestants that answer every text
    themselves are one sequence, in the order of ``plan`` and then as entered; those that defer a
    part of them are another.
    """
    found: dict[str, tuple[int, float]] = {}
    place = {name: i for i, name in enumerate(plan.order)}
    for defers in (False, True):
        names = [n for n in duels if runs[n][0].calls_out == defers and runs[n][0].coverage]
        names.sort(key=lambda name: place.get(name, len(place)))
        tied = None
        if plan.tied and len(names) > 1 and names[:2] == list(plan.order[:2]):
            tied = correlation(*(right[name] - right[incumbent] for name in names[:2]))
        p = stats.in_sequence([duels[name].noninferior_p for name in names], tied)
        found |= {name: (i + 1, p[i]) for i, name in enumerate(names)}
    return found


def lost_labels(small: Sequence[Run], large: Sequence[Run], gold: TestSet) -> tuple[str, ...]:
    """The labels whose recall certainly falls by more than `RECALL_DROP`.

    One-sided tests at 5 % in all, by Holm's correction for the number of labels tested.
    """
    clusters = np.array(gold.clusters, dtype=object)
    p: dict[str, float] = {}
    for label in gold.labels:
        ours, theirs = (
            np.mean([gold.label_grades(label, run.answers.values) for run in runs], axis=0)
            for runs in (small, large)
        )
        rows = ~np.isnan(ours)
        if rows.sum() >= FEWEST_OF_A_LABEL:
            turned = stats.paired(theirs[rows], ours[rows], -RECALL_DROP, tuple(clusters[rows]))
            p[label] = turned.noninferior_p
    adjusted = zip(p, stats.holm(list(p.values())), strict=True)
    return tuple(label for label, value in adjusted if value < SURE)
