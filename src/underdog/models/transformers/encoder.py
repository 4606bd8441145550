"""Encoders fine-tuned to a task: all of their weights, or small side paths (LoRA)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact, describe
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.pair_features import head_width, pair_features
from ..features.text_pairs import require_same_kind
from ..features.windows import PaddedWindows, Vectors, WindowReader
from ..training.batches import TOKENS_AT_ONCE, windowed_batches
from ..training.examples import Examples, default_epochs, softmax

if TYPE_CHECKING:
    from .pretrained import Paths

BATCH = 64
"""Windows that are read at once for an answer."""

RATES = {"full": 1e-4, "lora": 1e-3}
"""Learning rates that suit encoders of 20 to 400 million parameters."""


@register("encoder")
@dataclass(frozen=True)
class Encoder:
    """A pretrained transformer encoder, fine-tuned: the contestant to beat where rows are many.

    ``name`` is minilm (no download), a folder, or a model on the Hugging Face hub. ``lora`` is
    the rank of the side paths that are trained in place of the weights (Hu et al., ICLR 2022);
    0 trains everything. A pair is read as one sequence, so that each side sees the other.
    Of ``epochs`` passes the one is kept that is best on held-out examples; if not said, there are 4
    where labels have a thousand examples, and up to 16 where they have a dozen. The learning
    ``rate``, 1e-4 or for side paths 1e-3 if not said, rises and then falls to zero; ``batch``
    examples make a step. ``balanced`` makes rare labels count as much as common ones. Texts longer
    than ``length`` tokens are read in windows, whose token vectors are averaged: by an answer all
    of them, in training the first four.
    """

    name: str = "minilm"
    lora: int = 0
    epochs: int | None = None
    rate: float | None = None
    batch: int = 32
    length: int = 256
    balanced: bool = False

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """An `EncoderModel`; `UnderdogError` without examples of two labels at least."""
        from ..training import loop
        from ..training.checkpoint import Checkpoint
        from . import network
        from .pretrained import pretrained

        meter = Meter()
        examples = Examples.of(data)
        body, reader = pretrained(self.name, self.length)
        batches = windowed_batches(examples, reader)
        width = body.config.hidden_size
        with loop.seeded(seed):
            adapted = network.with_lora(body, self.lora) if self.lora else body
            module = network.Classifier(adapted, width, examples.gold.shape[1], pair=examples.pairs)
        moving = sum(p.numel() for p in module.parameters() if p.requires_grad)
        config = self._training_config(self.epochs_for(data))
        done = loop.train(module, batches, config, seed, Checkpoint.of(self, data, seed))
        weights, bias = module.decision(done.factor)
        paths = network.side_paths(adapted)
        body = adapted.unload() if self.lora else body
        whole = sum(p.numel() for p in body.parameters()) + weights.size + bias.size
        model = EncoderModel(
            data.task.labels,
            examples.pairs,
            reader,
            TorchBody.of(body, paths),
            weights,
            bias,
            min(1.0, moving / whole),
            batches.unread,
        )
        meter.bill(1)
        return model

    def epochs_for(self, data: Dataset) -> int:
        """How often a fit on ``data`` reads each example."""
        return self.epochs or default_epochs(data)

    def samples_seen(self, data: Dataset) -> float:
        """Examples that a fit reads, each as often as it does."""
        return float(len(data) * self.epochs_for(data))

    def _training_config(self, epochs: int) -> Any:
        from ..training.loop import TrainingConfig

        rate = self.rate or RATES["lora" if self.lora else "full"]
        return TrainingConfig(
            *(epochs, rate, self.batch),
            balanced=self.balanced,
            mixed=True,
            tokens=TOKENS_AT_ONCE,
        )


class Body(Protocol):
    """The part of a network that reads; a head that decides comes after it."""

    def sums(self, texts: PaddedWindows) -> Vectors:
        """Token vectors summed over either text of each window, ``[windows, 2, width]``."""
        ...


@register("encoder.torch")
@dataclass(frozen=True, eq=False)
class TorchBody:
    """A transformer that torch runs: its configuration as JSON, and its weights by name.

    ``paths`` are what LoRA adds: for a layer's name, two factors of a matrix that its weights are
    added to. They are kept apart, so that members of an ensemble share a stored encoder.
    """

    config: str
    arrays: dict[str, Vectors]
    paths: Paths = field(default_factory=dict)

    @classmethod
    def of(cls, network: Any, paths: Paths) -> TorchBody:
        """The weights of ``network``, shared with it, and side paths that it does not have yet."""
        config = json.dumps(network.config.to_diff_dict(), default=str)
        arrays = {k: v.detach().numpy() for k, v in network.state_dict().items()}
        body = cls(config, arrays, paths)
        if not paths:
            body.__dict__["network"] = network.eval()
        return body

    @cached_property
    def network(self) -> Any:
        """The network, on the processor, with the side paths in its weights."""
        from .pretrained import rebuilt

        return rebuilt(self.config, self.arrays, self.paths)

    def sums(self, texts: PaddedWindows) -> Vectors:
        from .network import sums

        return sums(self.network, texts)


@register("encoder.model")
@dataclass(frozen=True, eq=False)
class EncoderModel:
    """The softmax of ``mean token vector @ weights + bias``; the mean is over all windows of a
    text.

    A pair is read as one sequence, and the input is the `pair_features` of the means of its two
    sides. ``weights`` has the shape ``[width, labels]``, with four times as many rows for pairs;
    ``bias`` has the shape ``[labels]``. ``trained`` is the share of parameters that training
    changed, ``unread`` the number of tokens of long texts that it left out.
    """

    labels: tuple[str, ...]
    pairs: bool
    reader: WindowReader
    body: Body
    weights: Vectors
    bias: Vectors
    trained: float
    unread: int = 0

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        probs = softmax(self.logits(texts))
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "encoder")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        made = self.reader.facts(texts, self.trained, self.unread)
        return (*made, *describe(self.body, texts))

    def logits(self, texts: Sequence[Text]) -> Floats:
        """Log probabilities but for a constant, shape ``[texts, labels]``."""
        require_same_kind(texts, self.pairs)
        windows = self.reader.windows(texts)
        sums = np.zeros((len(texts), 2, len(self.weights) // head_width(1, pair=self.pairs)))
        tokens = np.zeros((len(texts), 2))
        order = np.argsort(windows.lengths, kind="stable")
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            read = windows.padded(rows)
            np.add.at(sums, windows.owner[rows], self.body.sums(read))
            seconds = read.sides.sum(axis=1)
            firsts = read.mask.sum(axis=1) - seconds
            np.add.at(tokens, windows.owner[rows], np.column_stack([firsts, seconds]))
        means = sums / np.maximum(tokens, 1)[:, :, None]
        first, second = means[:, 0], means[:, 1]
        seen: Floats = np.concatenate(pair_features(first, second), axis=1) if self.pairs else first
        said: Floats = seen @ self.weights + self.bias
        return said
