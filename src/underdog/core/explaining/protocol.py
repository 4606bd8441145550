"""The protocol of models that explain themselves, and what stands in for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ..protocols import Model
from ..task import Text
from .deletion import occlusion
from .explanation import Explanation


@runtime_checkable
class Explainer(Protocol):
    """A model that can tell what its answers come from. No model must."""

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """An explanation of the answer to each text, in order."""
        ...


@runtime_checkable
class Overviewer(Protocol):
    """A model that can tell which of its features matter, whatever the text. No model must."""

    def overview(self, most: int = 10) -> dict[str, list[tuple[str, float]]]:
        """For each label the ``most`` features that speak for it, with their weights."""
        ...


def explained(model: Model, texts: Sequence[Text]) -> list[Explanation]:
    """What ``model`` tells of itself; else what deleting words tells (`occlusion`)."""
    return model.explain(texts) if isinstance(model, Explainer) else occlusion(model, texts)
