"""The recipe of a static student."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from ..features.text_pairs import flatten_pairs
from ..linear.graded import LEARNED
from ..training.examples import Examples, default_epochs
from ..training.heads import head_of
from ..training.padding import padding_collate
from .characters import gram_vectors
from .model import StaticModel, Tokens

if TYPE_CHECKING:
    from .network import Network

BATCH = 32
TOKENS = 65_536
"""Tokens in one forward and backward pass of training."""


@register(
    "static", sample="static(epochs=2)", holds={"epochs": Number(1, 10_000), "rate": Number(0)}
)
@dataclass(frozen=True)
class Static:
    """Token vectors distilled from an encoder and looked up: tens of thousands of texts per second.

    The table of vectors is distilled on this machine (Model2Vec: Tulkens & van Dongen, 2024) from
    any ``encoder`` that `Encoder` takes. It is then trained with convolution filters over three
    tokens (Kim, EMNLP 2014) and two layers on the mean vector (Iyyer et al., deep averaging
    networks, ACL 2015) and the filters. The response of a filter to a token is tabulated, so an
    answer needs sums but no multiplication per token. Training makes ``epochs`` passes, by default
    4 with a thousand examples per label and up to 16 with a dozen, and keeps the epoch with the
    smallest validation loss; held-out examples also fit the temperature, or the thresholds
    of a set of labels. ``rate`` is the peak
    learning rate. With ``characters``, a word outside the vocabulary is read by its character
    n-grams, whose vectors imitate those of known words: for texts with misspellings, names of
    things and other rare words. The order of phrases is not represented.
    """

    encoder: str = "minilm"
    epochs: int | None = None
    rate: float = 1e-3
    characters: bool = False

    def __post_init__(self) -> None:
        if self.epochs is not None and self.epochs < 1:
            raise UnderdogError("epochs must be 1 or more", "as in: static(epochs=6)")

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `StaticModel`.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed, or if training diverges.
        """
        data = dataset(data)
        require("torch", "torch")
        from ..training.batches import TrainingBatches
        from ..training.checkpoint import Checkpoint
        from ..training.devices import seeded
        from ..training.loop import TrainingConfig, train
        from ..transformers.pretrained import pretrained
        from .network import Network
        from .table import distill

        meter = Meter()
        examples = Examples.of(data, "static", *LEARNED)
        pairs, n = examples.pairs, len(examples.texts)
        body, reader = pretrained(self.encoder, 256)
        rows_known = len(body.get_input_embeddings().weight)
        tokens = Tokens(reader.tokenizer, rows_known if self.characters else 0)
        ids, ends = tokens.bags(flatten_pairs(examples.texts))
        seen, token_rows = np.unique(ids, return_inverse=True)
        table = distill(body, tokens.loaded, seen[seen < rows_known])
        if self.characters:
            table = np.vstack([table, gram_vectors(table, tokens.loaded)])
        rows = [row + 1 for row in np.split(token_rows, ends[1:-1])]
        with seeded(seed):
            initial_table = np.vstack([np.zeros_like(table[:1]), table[seen]])
            network = Network(initial_table, examples.gold.shape[1], pairs=pairs)
        lengths = np.diff(ends).reshape(-1, n).max(axis=0)
        batches = TrainingBatches(
            padding_collate(rows, n), lengths, examples.gold, examples.clusters
        )
        config = TrainingConfig(
            self.epochs_for(data), self.rate, BATCH, tokens=TOKENS, loss=examples.kind
        )
        done = train(network, batches, config, seed, Checkpoint.of(self, data, seed))
        table[seen] = network.table.weight.detach().numpy()[1:]
        outputs = examples.outputs(data.task.labels)
        model = _model(outputs, tokens, table.astype(np.float16), network, done.factor)
        model = replace(model, head=head_of(examples.numbers, done.held_out))
        meter.bill(1)
        return model

    def epochs_for(self, data: Dataset) -> int:
        """How often a fit on ``data`` reads each example."""
        return self.epochs or default_epochs(data)

    def samples_seen(self, data: Dataset) -> float:
        """Examples that a fit on ``data`` reads, counted once per epoch."""
        return float(len(data) * self.epochs_for(data))


def _model(
    labels: tuple[str, ...],
    tokens: Tokens,
    table: NDArray[np.float16],
    network: Network,
    factor: float,
) -> StaticModel:
    """The trained network as data, with logits times ``factor``."""
    layers = (network.phrases, network.inner, network.outer)
    filters, filters_bias, inner, inner_bias, outer, outer_bias = (
        np.ascontiguousarray(p.detach().numpy().T, np.float32)
        for layer in layers
        for p in layer.parameters()
    )
    return StaticModel(
        labels,
        network.pairs,
        tokens,
        table,
        filters,
        filters_bias,
        inner,
        inner_bias,
        outer * np.float32(factor),
        outer_bias * np.float32(factor),
    )
