"""The recipe of a BiLSTM."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.text_pairs import flatten_pairs
from ..onnx import networks
from ..training.examples import Examples
from ..training.padding import padding_collate
from .graph import graph
from .model import BiLSTMModel, feeds
from .words import EMBEDDINGS, WIDTH, Pieces, Reader, Rows, Words

if TYPE_CHECKING:
    from .network import Network

POOLS = ("max", "attention")
SHOWN = 200
"""Examples on which the exported network is compared with the trained one."""


@register("bilstm", sample="bilstm(hidden=8, epochs=2)")
@dataclass(frozen=True)
class BiLSTM:
    """A recurrent network that reads a text in both directions (Graves & Schmidhuber, 2005).

    ``embeddings`` are 'learned', or those of an ``encoder`` that `Encoder` takes, and frozen:
    'static', its table of vectors, which knows words that the training data lack, or 'contextual',
    what it makes of each word among the others. ``pool`` makes one vector of all words: the 'max'
    of each feature, or a mean by 'attention'; the plain mean of the words' vectors is put beside
    it. Both texts of a pair are read by the same network and compared as ``[u, v, |u - v|,
    u * v]`` (Conneau et al., InferSent, EMNLP 2017); with ``cross``, word by word first (Chen et
    al., ESIM, ACL 2017).
    Training stops by held-out examples, which also set the temperature of the probabilities.
    ``int8`` keeps weights in 8 bits, if hardly a label changes by it. Reads texts whole, up to
    200,000 characters.
    """

    hidden: int = 64
    layers: int = 1
    embeddings: str = "learned"
    encoder: str = "minilm"
    pool: str = "max"
    cross: bool = False
    epochs: int = 20
    rate: float = 1e-3
    int8: bool = False

    def __post_init__(self) -> None:
        for name, said, known in (
            ("embeddings", self.embeddings, EMBEDDINGS),
            ("pool", self.pool, POOLS),
        ):
            if said not in known:
                raise UnderdogError(f"no {name} called {said!r}", f"one of: {', '.join(known)}")
        if min(self.hidden, self.layers, self.epochs) < 1:
            raise UnderdogError(
                "hidden, layers and epochs must be 1 or more", "as in: bilstm(hidden=64)"
            )

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `BiLSTMModel`; `UnderdogError` without examples of two labels at least.

        Begun again after a kill, it goes on where it was.
        """
        require("torch", "torch")
        from ..training.batches import TrainingBatches
        from ..training.checkpoint import Checkpoint
        from ..training.loop import TrainingConfig, train

        meter = Meter()
        examples = Examples.of(data)
        texts = flatten_pairs(examples.texts)
        reader = EMBEDDINGS[self.embeddings](texts, self.encoder)
        rows, n = reader.rows(texts), len(examples.texts)
        network = self._network(reader, rows, examples, seed)
        longest = np.array([max(map(len, rows[i::n])) for i in range(n)], np.intp)
        batches = TrainingBatches(
            padding_collate(rows, n), longest, examples.gold, examples.clusters
        )
        config = TrainingConfig(self.epochs, self.rate, patience=3)
        done = train(network, batches, config, seed, Checkpoint.of(self, data, seed))
        model = self._model(network, reader, data.task.labels, done.factor, _first(rows, n))
        meter.bill(1)
        return model

    def _network(
        self, reader: Reader, rows: Sequence[Rows], examples: Examples, seed: int
    ) -> Network:
        import torch

        from ..training.loop import seeded
        from .network import Network

        with seeded(seed):
            table = None
            if isinstance(reader, Pieces):
                known = torch.from_numpy(reader.table.astype(np.float32))
                table = torch.nn.Embedding(len(known), known.shape[1], _weight=known, _freeze=True)
            elif isinstance(reader, Words):
                table = torch.nn.Embedding(len(reader.table), WIDTH, padding_idx=0)
            width = table.embedding_dim if table is not None else rows[0].shape[1]
            network = Network(
                *(width, examples.gold.shape[1], self.hidden, self.layers),
                pool=self.pool,
                pair=examples.pairs,
                cross=self.cross,
            )
            network.table = table
            return network

    def _model(
        self,
        network: Network,
        reader: Reader,
        labels: tuple[str, ...],
        factor: float,
        shown: Sequence[Rows],
    ) -> BiLSTMModel:
        """The network, its logits times ``factor``, as data; compared on the texts ``shown``."""
        import torch

        with torch.inference_mode():
            network.outer.weight.mul_(factor)
            network.outer.bias.mul_(factor)
            expected = network(*padding_collate(shown, len(shown))(np.arange(len(shown)))).numpy()
        weights = {k: v.numpy() for k, v in network.state_dict().items() if k != "table.weight"}
        if isinstance(reader, Words) and network.table is not None:
            reader = Words(reader.terms, network.table.weight.detach().numpy())
        made = networks.Graph(graph(weights, pool=self.pool, pair=network.pair, cross=self.cross))
        networks.check(made.run(feeds(shown, reader)), expected)
        model = BiLSTMModel(labels, reader, made, network.pair)
        return _small(model, shown) if self.int8 else model


def _small(full: BiLSTMModel, shown: Sequence[Rows]) -> BiLSTMModel:
    """The model in 8 bits, unless that changes too many labels of the texts ``shown``."""
    small = replace(full, graph=networks.Graph(networks.quantized(full.graph.content)), alone=True)
    n = len(shown) // (1 + full.pair)
    a, b = (model.logits(shown, n).argmax(axis=1) for model in (full, small))
    same = float((a == b).mean())
    if same >= networks.AGREE:
        return small
    warnings.warn(f"in 8 bits only {same:.1%} of labels stay the same: kept 32", stacklevel=2)
    return full


def _first(rows: Sequence[Rows], n: int) -> list[Rows]:
    """The first few of ``n`` examples: of pairs, their first sides and then their second."""
    return [row for start in range(0, len(rows), n) for row in rows[start : start + min(n, SHOWN)]]
