"""A spec as a model that answers without being fitted: it writes, or chooses one of some labels."""

from __future__ import annotations

from collections.abc import Sequence

from ...combine.prompted import FewShot, labelling
from ...core.data import Dataset, Task
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model, pinned
from ...runtime.registry import contestant


def unfitted(spec: str, labels: Sequence[str] = ()) -> Model:
    """The model that ``spec`` describes, asked for one of ``labels`` where these are named.

    Raises `UnderdogError` if it has to be fitted on labelled texts first, or if it cannot be asked
    for labels.
    """
    made = contestant(spec)
    asked = labelling(made) if labels and not isinstance(made, Learner) else made
    if isinstance(asked, FewShot):
        if asked.k:
            raise UnderdogError(
                f"fewshot shows {asked.k} labelled texts with each question, and here are none",
                f'ask without any, fewshot(…, k=0); or: underdog fit FILE "{spec}" --out MODEL',
            )
        return asked.fit(Dataset(Task("task", tuple(labels)), (), ()))
    if isinstance(asked, Learner):
        raise UnderdogError(
            f"{spec} has to be fitted on labelled texts before it answers any",
            f'underdog fit FILE "{spec}" --out MODEL, then: underdog answer MODEL TEXTS',
        )
    if labels:
        raise UnderdogError(
            f"{spec} cannot be told which labels there are", "leave out --labels, or ask a model"
        )
    return pinned(asked)
