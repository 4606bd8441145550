"""The same question with its options in several orders: what the order moves is averaged out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..core.data import Dataset
from ..core.places import orders
from ..core.protocols import Learner, Model, fitted
from ..core.task import require_kind
from ..runtime.registry import register
from ..runtime.schema import Number
from .ensemble import Ensemble
from .prompted import labelling


@register("reordered", sample="reordered(majority(), n=2)", holds={"n": Number(1, 100)})
@dataclass(frozen=True)
class Reordered:
    """Asks ``model`` with the labels in ``n`` orders, and averages its probabilities.

    Language models prefer some places in a list of options (Zheng et al., ICLR 2024). Of a model on
    this machine: ``reordered(fewshot(llama('smollm2'), k=0), n=5)``, which costs ``n`` times as
    much; a decision model behind an API takes all orders in one request: ``decide('m', orders=5)``.
    The report shows how much the members of the ensemble differ: that is what the order moves.
    """

    model: Model | Learner
    n: int = 5

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """An `Ensemble` of the model asked in each order; `UnderdogError` without labels."""
        require_kind(data.task, "reordered", "label")
        labels, asked = data.task.labels, labelling(self.model)
        turned = [tuple([labels[k] for k in order]) for order in orders(len(labels), self.n)]
        tasks = [replace(data.task, labels=some) for some in turned]
        models = [fitted(asked, replace(data, task=task), seed) for task in tasks]
        return Ensemble(tuple(models), labels, "arithmetic")
