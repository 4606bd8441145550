"""The protocol of models that explain themselves, and what stands in for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from ..protocols import Chooser, Model, children
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
class Surrounded(Protocol):
    """A model that reads more than the text, which must stay the same while the text is edited."""

    def around(self, text: Text) -> Model:
        """The model that answers edits of ``text`` as if they stood in its place."""
        ...


@runtime_checkable
class Readable(Protocol):
    """A model that is readable as it stands. No model must be."""

    def rules(self) -> tuple[str, ...]:
        """All that it knows, in sentences, the strongest first."""
        ...


@runtime_checkable
class Overviewer(Protocol):
    """A model that can tell which of its features matter, whatever the text. No model must."""

    def overview(self, most: int = 10) -> dict[str, list[tuple[str, float]]]:
        """For each label the ``most`` features that speak for it, with their weights."""
        ...


def overview_of(model: Model, most: int = 10) -> dict[str, list[tuple[str, float]]]:
    """What ``model``, or the only model inside it, tells by `Overviewer.overview`; else nothing."""
    if isinstance(model, Overviewer):
        return model.overview(most)
    inner = tuple(children(model))
    return overview_of(inner[0], most) if len(inner) == 1 else {}


def explained(model: Model, texts: Sequence[Text]) -> list[Explanation]:
    """The explanations that ``model`` gives, or those of `occlusion` if it gives none.

    A model around a single other one that gives the same answers is explained by that one. A
    model that explains itself in sentences only has them as reasons.
    """
    if isinstance(model, Explainer):
        told = list(model.explain(texts))
        if all(isinstance(one, Explanation) for one in told):
            return told
        pairs = zip(occlusion(model, texts), told, strict=True)
        return [replace(one, reasons=(*one.reasons, str(said))) for one, said in pairs]
    inner = tuple(children(model))
    wraps = len(inner) == 1 and isinstance(inner[0], Explainer) and not isinstance(model, Chooser)
    if wraps and model.answer(texts).values == inner[0].answer(texts).values:
        return explained(inner[0], texts)
    return occlusion(model, texts)
