"""The recipe of a BiLSTM."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from ..features.text_pairs import flatten_pairs
from ..onnx import networks
from ..training.examples import Examples
from ..training.padding import padding_collate
from .graph import graph
from .model import BiLSTMModel, feeds
from .words import EMBEDDINGS, WIDTH, LearnedVectors, Rows, StaticVectors, WordReader

if TYPE_CHECKING:
    from .network import Network

POOLS = ("max", "attention")
CHECKED_EXAMPLES = 200
"""Examples on which the exported network is compared with the trained one."""


@register(
    "bilstm",
    sample="bilstm(hidden=8, epochs=2)",
    holds={
        "hidden": Number(1, 8192),
        "layers": Number(1, 32),
        "epochs": Number(1, 10_000),
        "rate": Number(0),
    },
)
@dataclass(frozen=True)
class BiLSTM:
    """A bidirectional LSTM (Graves & Schmidhuber, 2005).

    ``embeddings`` are 'learned', or come from an ``encoder`` that `Encoder` takes and are frozen:
    'static' is its table of token vectors, which covers words that the training data lack;
    'contextual' is its output for each token. ``pool`` is 'max' or 'attention'; the mean of the
    word vectors is concatenated. Both sides of a pair are read by the same network and compared as
    ``[u, v, |u - v|, u * v]`` (Conneau et al., InferSent, EMNLP 2017); with ``cross``, words are
    compared first (Chen et al., ESIM, ACL 2017).

    ``hidden`` is the width of each direction, ``epochs`` the most passes, ``rate`` the peak
    learning rate. Held-out examples decide early stopping and the temperature. ``int8`` quantizes
    the weights to 8 bits if hardly a label changes. Texts are read whole, up to 200,000 characters.
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
        for name, value, choices in (
            ("embeddings", self.embeddings, EMBEDDINGS),
            ("pool", self.pool, POOLS),
        ):
            if value not in choices:
                raise UnderdogError(f"no {name} called {value!r}", f"one of: {', '.join(choices)}")
        if min(self.hidden, self.layers, self.epochs) < 1:
            raise UnderdogError(
                "hidden, layers and epochs must be 1 or more", "as in: bilstm(hidden=64)"
            )

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `BiLSTMModel`; a fit that was killed resumes at its checkpoint.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed, or if training diverges.
        """
        data = dataset(data)
        require("torch", "torch")
        from ..training.batches import TrainingBatches
        from ..training.checkpoint import Checkpoint
        from ..training.loop import TrainingConfig, train

        meter = Meter()
        examples = Examples.of(data, "bilstm")
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
        model = self._model(
            network, reader, data.task.labels, done.factor, _first_examples(rows, n)
        )
        meter.bill(1)
        return model

    def _network(
        self, reader: WordReader, rows: Sequence[Rows], examples: Examples, seed: int
    ) -> Network:
        import torch

        from ..training.devices import seeded
        from .network import Network

        with seeded(seed):
            table = None
            if isinstance(reader, StaticVectors):
                vectors = torch.from_numpy(reader.table.astype(np.float32))
                table = torch.nn.Embedding(
                    len(vectors), vectors.shape[1], _weight=vectors, _freeze=True
                )
            elif isinstance(reader, LearnedVectors):
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
        reader: WordReader,
        labels: tuple[str, ...],
        factor: float,
        checked: Sequence[Rows],
    ) -> BiLSTMModel:
        """The network as data, with logits times ``factor``; compared with it on the texts
        ``checked``.
        """
        import torch

        with torch.inference_mode():
            network.outer.weight.mul_(factor)
            network.outer.bias.mul_(factor)
            expected = network(
                *padding_collate(checked, len(checked))(np.arange(len(checked)))
            ).numpy()
        weights = {k: v.numpy() for k, v in network.state_dict().items() if k != "table.weight"}
        if isinstance(reader, LearnedVectors) and network.table is not None:
            reader = LearnedVectors(reader.terms, network.table.weight.detach().numpy())
        onnx_graph = networks.Graph(
            graph(weights, pool=self.pool, pair=network.pair, cross=self.cross)
        )
        networks.require_close(onnx_graph.run(feeds(checked, reader)), expected)
        model = BiLSTMModel(labels, reader, onnx_graph, network.pair)
        return _quantized(model, checked) if self.int8 else model


def _quantized(full: BiLSTMModel, checked: Sequence[Rows]) -> BiLSTMModel:
    """The model in 8 bits, unless that changes too many labels of the texts ``checked``."""
    small = replace(
        full, graph=networks.Graph(networks.quantize_dynamic(full.graph.content)), alone=True
    )
    n = len(checked) // (1 + full.pair)
    a, b = (model.logits(checked, n).argmax(axis=1) for model in (full, small))
    same = float((a == b).mean())
    if same >= networks.MIN_AGREEMENT:
        return small
    warnings.warn(
        f"with 8-bit weights only {same:.1%} of the labels stay the same: kept 32 bits",
        stacklevel=2,
    )
    return full


def _first_examples(rows: Sequence[Rows], n: int) -> list[Rows]:
    """The rows of the first of ``n`` examples: for pairs, first sides and then second sides."""
    return [
        row
        for start in range(0, len(rows), n)
        for row in rows[start : start + min(n, CHECKED_EXAMPLES)]
    ]
