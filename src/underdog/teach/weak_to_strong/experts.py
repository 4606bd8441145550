"""Which of several teachers to believe about a text, found without gold labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.protocols import Learner
from ...runtime.out_of_fold import out_of_fold
from ..distil.recipe import FOLDS
from .own_answers import targets

SHARPNESS = 4
"""The power of a teacher's confidence by which it counts at first."""


def responsibilities(
    recipe: Learner, data: Dataset, ballots: Floats, rounds: int, seed: int
) -> Floats:
    """How likely each teacher is the one to believe about each text, ``[texts, teachers]``.

    ``ballots``, ``[texts, teachers, labels]``, are the teachers' probabilities. At first the surer
    teacher counts for more. Then, ``rounds`` times: a model of ``recipe`` learns the labels that
    follow, and where what it thinks of a text agrees with a teacher, that one counts for more
    there; a gate of ``recipe`` learns from the texts which one that is. Both answer out-of-fold. On
    rows with a gold label that label takes the place of what the model thinks.
    """
    known = data.targets >= 0
    gold = targets(replace(data, soft=None))
    gate = _normalised(ballots.max(axis=2) ** SHARPNESS)
    found = gate
    named = tuple(map(str, range(ballots.shape[1])))
    for _ in range(rounds):
        mixed = _normalised(np.einsum("tj,tjk->tk", found, ballots))
        mixed = np.where(known[:, None], gold, mixed)
        own = _thought(recipe, data, data.task.labels, mixed, seed, hard=True)
        own = np.where(known[:, None], gold, own)
        found = _normalised(gate * np.einsum("tk,tjk->tj", own, ballots))
        gate = _thought(recipe, data, named, found, seed)
    return _normalised(gate * np.einsum("tk,tjk->tj", own, ballots))


def _thought(
    recipe: Learner,
    data: Dataset,
    labels: tuple[str, ...],
    soft: Floats,
    seed: int,
    hard: bool = False,
) -> Floats:
    """What ``recipe`` thinks of each text after learning ``soft``, ``[texts, labels]``, from the
    others; ``soft`` itself where it could not be fitted.

    ``hard`` teaches the likeliest labels, each weighed by its probability: with many labels that is
    far less work.
    """
    names = tuple([labels[k] for k in soft.argmax(axis=1).tolist()])
    taught = replace(
        data.relabelled(names, None if hard else soft),
        task=replace(data.task, labels=labels, descriptions=(), spellings=()),
        weights=soft.max(axis=1) if hard else None,
    )
    found = soft.copy()
    for fold in out_of_fold(recipe, taught, FOLDS, seed, labels=2, label="weighing teachers"):
        found[fold.rows] = fold.answers.matrix(labels)
    return found


def _normalised(rows: Floats) -> Floats:
    """``rows``, ``[texts, columns]``, each divided by its sum; even where that is 0."""
    total = rows.sum(axis=1, keepdims=True)
    even = np.full_like(rows, 1 / max(1, rows.shape[1]))
    shares: Floats = np.divide(rows, total, out=even, where=total > 0)
    return shares
