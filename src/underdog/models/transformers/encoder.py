"""Fine-tuned encoders: all weights are trained, or LoRA adapters only."""

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
from ...core.errors import UnderdogError
from ...core.explaining import Explanation
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from ..features.pair_features import head_width, pair_features
from ..features.text_pairs import require_same_kind
from ..features.windows import PaddedWindows, Vectors, WindowReader
from ..linear.graded import LEARNED
from ..training.batches import TOKENS_AT_ONCE, windowed_batches
from ..training.examples import FINE_TUNING, Examples, default_epochs, softmax
from ..training.heads import Head, disagreement, head_of
from .explained import explain_encoder

if TYPE_CHECKING:
    from .pretrained import LoraFactors

BATCH = 64
"""Windows per forward pass of an answer."""

RATES = {"full": 1e-4, "lora": 1e-3}
"""Learning rates that suit encoders of 20 to 400 million parameters."""


@register("encoder", holds=FINE_TUNING)
@dataclass(frozen=True)
class Encoder:
    """A pretrained transformer encoder, fine-tuned: the strongest recipe where there are many rows.

    ``name`` is minilm (no download), a model on the Hugging Face hub, or a folder: also one that
    ``underdog fit`` wrote, so that what was learned from other texts or pairs is kept (Phang et
    al., 2018). ``lora`` is the rank of LoRA adapters, which are trained in place of the weights (Hu
    et al., ICLR 2022); 0 trains all weights. A pair is read as one sequence, so that each side sees
    the other.

    Training makes ``epochs`` passes, by default 4 with a thousand examples per label and up to 16
    with a dozen, and keeps the epoch with the smallest validation loss. The learning ``rate``, by
    default 1e-4 or 1e-3 with LoRA, rises and then falls to zero; ``batch`` is the batch size in
    examples. ``balanced`` gives rare labels the same weight as common ones, where a text has one
    label. Texts longer than ``length`` tokens are read in windows, whose token vectors are
    averaged: all windows for an answer, the first four in training. Sets of labels are trained
    with binary cross-entropy, numbers with squared error.
    """

    name: str = "minilm"
    lora: int = 0
    epochs: int | None = None
    rate: float | None = None
    batch: int = 32
    length: int = 256
    balanced: bool = False

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train an `EncoderModel`.

        Raises `UnderdogError` without examples of at least two labels, if the encoder is missing,
        or if training diverges.
        """
        data = dataset(data)
        from ..training import loop
        from ..training.checkpoint import Checkpoint
        from ..training.devices import seeded
        from . import network
        from .pretrained import pretrained

        meter = Meter()
        examples = Examples.of(data, "encoder", *LEARNED)
        body, reader = pretrained(self.name, self.length)
        batches = windowed_batches(examples, reader)
        width = body.config.hidden_size
        with seeded(seed):
            adapted = network.with_lora(body, self.lora) if self.lora else body
            module = network.Classifier(adapted, width, examples.gold.shape[1], pair=examples.pairs)
        trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
        config = self._training_config(self.epochs_for(data), examples.kind)
        done = loop.train(module, batches, config, seed, Checkpoint.of(self, data, seed))
        weights, bias = module.head_arrays(done.factor)
        lora = network.lora_factors(adapted)
        body = adapted.unload() if self.lora else body
        total = sum(p.numel() for p in body.parameters()) + weights.size + bias.size
        model = EncoderModel(
            examples.outputs(data.task.labels),
            examples.pairs,
            reader,
            TorchBody.of(body, lora),
            weights,
            bias,
            min(1.0, trained / total),
            batches.unread,
            head_of(examples.numbers, done.held_out),
        )
        meter.bill(1)
        return model

    def epochs_for(self, data: Dataset) -> int:
        """How often a fit on ``data`` reads each example."""
        return self.epochs or default_epochs(data)

    def samples_seen(self, data: Dataset) -> float:
        """Examples that a fit on ``data`` reads, counted once per epoch."""
        return float(len(data) * self.epochs_for(data))

    def _training_config(self, epochs: int, kind: str) -> Any:
        from ..training.loop import TrainingConfig

        rate = self.rate or RATES["lora" if self.lora else "full"]
        return TrainingConfig(
            *(epochs, rate, self.batch),
            balanced=self.balanced,
            mixed=True,
            tokens=TOKENS_AT_ONCE,
            loss=kind,
        )


class Body(Protocol):
    """The part of a network that turns windows into token vectors; a head comes after it."""

    def sums(self, texts: PaddedWindows) -> Vectors:
        """Token vectors summed over each text of a window, ``[windows, 2, width]``."""
        ...


@register("encoder.torch")
@dataclass(frozen=True, eq=False)
class TorchBody:
    """A transformer that torch runs: its configuration as JSON, and its weights by name.

    ``paths`` are the LoRA factors by the name of a layer. They are stored apart from the weights,
    so that members of an ensemble share one stored encoder.
    """

    config: str
    arrays: dict[str, Vectors]
    paths: LoraFactors = field(default_factory=dict)

    @classmethod
    def of(cls, network: Any, lora: LoraFactors) -> TorchBody:
        """The weights of ``network``, which are shared with it, and LoRA factors not merged into it
        yet.
        """
        config = json.dumps(network.config.to_diff_dict(), default=str)
        arrays = {k: v.detach().numpy() for k, v in network.state_dict().items()}
        body = cls(config, arrays, lora)
        if not lora:
            body.__dict__["network"] = network.eval()
        return body

    @cached_property
    def network(self) -> Any:
        """The network on the CPU, with the LoRA factors merged into its weights."""
        from .pretrained import rebuild

        return rebuild(self.config, self.arrays, self.paths)

    def sums(self, texts: PaddedWindows) -> Vectors:
        """Token vectors summed over each text of a window, ``[windows, 2, width]``."""
        from .network import sums

        return sums(self.network, texts)


@register(
    "encoder.model",
    holds={
        "weights": Array("features", "labels"),
        "bias": Array("labels", inf=True),
        "trained": Number(0, 1),
        "unread": Number(0),
    },
    check=disagreement,
)
@dataclass(frozen=True, eq=False)
class EncoderModel:
    """The softmax of ``mean token vector @ weights + bias``; the mean is over all windows of a
    text.

    A pair is read as one sequence, and the input is the `pair_features` of the means of its two
    sides. ``weights`` has the shape ``[width, labels]``, with four times as many rows for pairs;
    ``bias`` has the shape ``[labels]``. ``trained`` is the share of parameters that training
    changed, ``unread`` the number of tokens of long texts that it left out. With a ``head``, it
    turns the scores into sets or numbers.
    """

    labels: tuple[str, ...]
    pairs: bool
    reader: WindowReader
    body: Body
    weights: Vectors
    bias: Vectors
    trained: float
    unread: int = 0
    head: Head | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        scores = self.logits(texts)
        if self.head is not None:
            return self.head.answers(scores, self.labels, meter.bill(len(texts)), "encoder")
        probs = softmax(scores)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "encoder")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """The share of parameters trained, tokens not trained on, and how many texts take several
        windows.
        """
        made = self.reader.facts(texts, self.trained, self.unread)
        return (*made, *describe(self.body, texts))

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """What each word adds to the logits, by integrated gradients where they can be had."""
        return explain_encoder(self, texts)

    def logits(self, texts: Sequence[Text]) -> Floats:
        """Logits, shape ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        require_same_kind(texts, self.pairs)
        windows = self.reader.windows(texts)
        sums = np.zeros((len(texts), 2, len(self.weights) // head_width(1, pair=self.pairs)))
        tokens = np.zeros((len(texts), 2))
        order = np.argsort(windows.lengths, kind="stable")
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            padded = windows.padded(rows)
            try:
                np.add.at(sums, windows.owner[rows], self.body.sums(padded))
            except (IndexError, RuntimeError, ValueError) as error:
                raise UnderdogError(
                    f"the saved network, tokenizer and head do not fit: {str(error)[:120]}",
                    "fit the model again: underdog fit …",
                ) from error
            seconds = padded.sides.sum(axis=1)
            firsts = padded.mask.sum(axis=1) - seconds
            np.add.at(tokens, windows.owner[rows], np.column_stack([firsts, seconds]))
        means = sums / np.maximum(tokens, 1)[:, :, None]
        first, second = means[:, 0], means[:, 1]
        inputs: Floats = (
            np.concatenate(pair_features(first, second), axis=1) if self.pairs else first
        )
        logits: Floats = inputs @ self.weights + self.bias
        return logits
