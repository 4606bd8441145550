"""The same question put several times: how often the draws agree is how sure the model is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.protocols import Learner, Model, fitted
from ..runtime.registry import register, spec
from ..runtime.schema import Number
from .ensemble import Ensemble
from .prompted import labelling


@register("repeated", holds={"k": Number(1, 1000)})
@dataclass(frozen=True)
class Repeated:
    """Asks ``model`` for ``k`` draws and answers with the label that most of them give.

    The share of the draws that give a label is its probability (self-consistency: Wang et al.,
    ICLR 2023), so that models which tell no log-probabilities have a confidence as well. The model
    must draw: ``repeated(chat('gpt-5-mini', temperature=0.7), k=5)``. Costs ``k`` times as much.
    """

    model: Model | Learner
    k: int = 5

    def fit(self, data: Data, seed: int = 0) -> Model:
        """An `Ensemble` of ``k`` draws; the model is fitted once.

        Raises `UnderdogError` if every draw would be the same.
        """
        data = dataset(data)
        asked = fitted(labelling(self.model), data, seed)
        draws = tuple(redrawn(asked, draw) for draw in range(self.k))
        if self.k > 1 and draws[0] == draws[1]:
            raise UnderdogError(
                f"{spec(self.model)} always answers alike",
                "let it draw: repeated(chat('gpt-5-mini', temperature=0.7), k=5)",
            )
        return Ensemble(draws, data.task.labels, "majority")


def redrawn(thing: Any, draw: int) -> Any:
    """``thing`` with every model in it that draws set to the seed that is ``draw`` further on."""
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        return type(thing)([redrawn(item, draw) for item in thing])  # type: ignore[call-arg]
    if not is_dataclass(thing) or isinstance(thing, type | Dataset):
        return thing
    names = {f.name for f in fields(thing) if f.init}
    if {"seed", "temperature"} <= names:
        return replace(thing, seed=thing.seed + draw) if thing.temperature else thing  # type: ignore[attr-defined]
    parts = {name: getattr(thing, name) for name in names}
    changed = {name: new for name, old in parts.items() if (new := redrawn(old, draw)) != old}
    return replace(thing, **changed) if changed else thing
