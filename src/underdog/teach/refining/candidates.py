"""What several models said of a text: as a text that a small model reads, and as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Task, Text
from ...core.protocols import Learner, Model, fitted
from ...models.recorded import Recorded
from ...runtime.out_of_fold import held_out

FOLDS = 5
"""Parts of the training rows, each of which judges what was learned from the others."""

Reads = str | Model | Learner
"""What is read beside the text: another model's answers, or a column with what was written."""


def reader(thing: Reads, data: Dataset, seed: int) -> Model:
    """The model that gives what is read: fitted, or the column as it stands."""
    if isinstance(thing, str):
        whole = replace(data.task, kind="text", labels=(), spellings=())
        return Recorded(thing).fit(replace(data, task=whole), seed)
    return fitted(thing, data, seed)


def unseen(thing: Model | Learner, data: Dataset, seed: int, label: str) -> Answers:
    """An answer to each row of ``data`` by a model that has not learned from it."""
    if not isinstance(thing, Learner):
        return thing.answer(data.texts)
    return held_out(thing, data, FOLDS, seed, label=label)


def composed(text: Text, said: Sequence[str]) -> Text:
    """The text beside all that was ``said`` of it, as a pair: the text, and the answers.

    >>> composed("is it overruling?", ["Yes", ""])
    ('is it overruling?', 'answer 0: Yes\\nanswer 1: none')
    """
    lines = [f"answer {i}: {one or 'none'}" for i, one in enumerate(said)]
    return (text if isinstance(text, str) else "\n\n".join(text)), "\n".join(lines)


def columns(answers: Sequence[Answers], task: Task) -> Floats:
    """The probabilities that each model gave each label, ``[texts, models * labels]``: 0 and 1 for
    bare answers, nothing but 0 for what is none of the labels.
    """
    parts = []
    for one in answers:
        known = one.matrix(task.labels).copy()
        bare = one.indices(task.labels) < 0
        known[bare] = 0.0
        parts.append(known)
    return np.hstack(parts)
