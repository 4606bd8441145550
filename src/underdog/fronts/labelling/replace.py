"""Another large model in the place of a recorded one: for production, where texts are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ...combine.prompted import labelling
from ...core.data import Dataset, Task
from ...core.errors import UnderdogError
from ...core.protocols import Model, fitted
from ...models.recorded import RecordedModel
from ...runtime.registry import contestant, parts


def deferring_to(model: Any, spec: str, labels: Sequence[str]) -> Any:
    """``model`` with every recorded model in it replaced by the one that ``spec`` names.

    ``labels`` are those that the new model may give. Raises UnderdogError if nothing in ``model``
    is recorded.
    """
    if not any(isinstance(part, RecordedModel) for part in parts(model)):
        raise UnderdogError(
            "the model defers to no recorded model",
            "leave out --defer-to, or fit a frugal(…) model",
        )
    if not labels:
        raise UnderdogError("the model's labels are unknown", "fit the model again, then retry")
    task = Dataset(Task("task", tuple(labels)), (), ())
    large = fitted(labelling(contestant(spec)), task)
    return _swapped(model, large)


def labels_of(model: Any) -> tuple[str, ...]:
    """The labels of the first part of ``model`` that lists them; empty if none does."""
    for part in parts(model):
        found = getattr(part, "labels", None)
        if isinstance(found, tuple) and found and all(isinstance(x, str) for x in found):
            return found
    return ()


def _swapped(thing: Any, large: Model) -> Any:
    if isinstance(thing, RecordedModel):
        return large
    if isinstance(thing, tuple):
        made = tuple([_swapped(item, large) for item in thing])
        return made if any(a is not b for a, b in zip(made, thing, strict=True)) else thing
    if not is_dataclass(thing) or isinstance(thing, type):
        return thing
    changed = {}
    for f in fields(thing):
        old = getattr(thing, f.name)
        if f.init and (new := _swapped(old, large)) is not old:
            changed[f.name] = new
    return replace(thing, **changed) if changed else thing
