"""The recipe of a static student."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...wiring.extras import require
from ...wiring.meter import Meter
from ...wiring.registry import register
from ..examples import Examples
from ..kinds import sides
from .model import Bags, StaticModel, Tokens

if TYPE_CHECKING:
    from ..lessons import Collate
    from .network import Network

BATCH = 128


@register("static", sample="static(epochs=2)")
@dataclass(frozen=True)
class Static:
    """Token vectors distilled from an encoder, averaged: tens of thousands of texts a second.

    The table of vectors (Model2Vec: Tulkens & van Dongen, 2024) is made on this machine from any
    ``encoder`` that `Encoder` takes, and then trained with two layers on the mean (Iyyer et al.,
    deep averaging networks, ACL 2015). Training stops by held-out examples, at most ``epochs``,
    and these set the temperature of the probabilities. It does not know the order of words: where
    that, or a phrase, decides, `Linear` and encoders do better.
    """

    encoder: str = "minilm"
    epochs: int = 20
    rate: float = 1e-3

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise UnderdogError("epochs must be 1 or more", "as in: static(epochs=20)")

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `StaticModel`; `UnderdogError` without examples of two labels at least."""
        require("torch", "torch")
        from ..checkpoint import Checkpoint
        from ..lessons import Lessons
        from ..training import Plan, seeded, train
        from ..transformer import pretrained
        from .network import Network
        from .table import distilled

        meter = Meter()
        examples = Examples.of(data)
        pairs, n = examples.pairs, len(examples.texts)
        body, reader = pretrained(self.encoder, 256)
        tokens = Tokens(reader.tokenizer)
        ids, ends = tokens.bags(sides(examples.texts))
        seen, places = np.unique(ids, return_inverse=True)
        table = distilled(body, tokens.tool, seen)
        with seeded(seed):
            network = Network(table[seen], examples.gold.shape[1], pairs=pairs)
        lengths = np.diff(ends).reshape(-1, n).max(axis=0)
        lessons = Lessons(_collate((places, ends), n), lengths, examples.gold, examples.clusters)
        plan = Plan(self.epochs, self.rate, BATCH, patience=2)
        done = train(network, lessons, plan, seed, Checkpoint.of(self, data, seed))
        table[seen] = network.table.weight.detach().numpy()
        model = _model(data.task.labels, tokens, table.astype(np.float16), network, done.factor)
        meter.bill(1)
        return model


def _collate(bags: Bags, n: int) -> Collate:
    """Batches of ``n`` examples, whose texts are ``n``, or twice as many for pairs."""
    import torch

    ids, ends = bags

    def collate(rows: NDArray[np.intp]) -> tuple[torch.Tensor, ...]:
        chosen = np.concatenate([rows + start for start in range(0, len(ends) - 1, n)])
        parts = [ids[ends[i] : ends[i + 1]] for i in chosen]
        starts = np.cumsum([0, *map(len, parts[:-1])], dtype=np.int64)
        return torch.from_numpy(np.concatenate(parts)), torch.from_numpy(starts)

    return collate


def _model(
    labels: tuple[str, ...],
    tokens: Tokens,
    table: NDArray[np.float16],
    network: Network,
    factor: float,
) -> StaticModel:
    """The trained network as data, its logits times ``factor``."""
    inner, inner_bias, outer, outer_bias = (
        np.ascontiguousarray(p.detach().numpy().T, np.float32)
        for layer in (network.inner, network.outer)
        for p in (layer.weight, layer.bias)
    )
    return StaticModel(
        labels,
        network.pairs,
        tokens,
        table,
        inner,
        inner_bias,
        outer * np.float32(factor),
        outer_bias * np.float32(factor),
    )
