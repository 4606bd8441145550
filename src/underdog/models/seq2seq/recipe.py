"""The recipe of a network that writes labels, and the trained model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from ..features.text_pairs import require_same_kind
from ..features.windows import Vectors, WindowReader
from ..training.examples import FINE_TUNING, Examples, softmax
from .trie import Spelling, Trie, spell_labels

if TYPE_CHECKING:
    from ..training.loop import TrainingConfig

BATCH = 32
"""Texts per forward pass of an answer."""

REASONS = 0.5
"""Share of the whole loss that is for writing reasons, where they are learned."""

RATES = {"full": 3e-4, "lora": 1e-3}
"""Learning rates that suit networks of 60 to 800 million parameters."""


@register("seq2seq", holds=FINE_TUNING)
@dataclass(frozen=True)
class Seq2Seq:
    """A pretrained encoder-decoder (T5), fine-tuned to write a text's label (Raffel et al., JMLR
    2020).

    ``name`` is a folder, or a T5-like model on the Hugging Face hub. The label is written token by
    token, restricted to tokens that continue a label (De Cao et al., ICLR 2021). The probability of
    a label is the product over the forks of the prefix tree, so the probabilities of all labels sum
    to 1. Training maximises that probability instead of the likelihood over the whole vocabulary; a
    token without an alternative does not contribute. All labels are scored at once, which suits up
    to some hundreds of labels.

    ``lora`` is the rank of LoRA adapters, which are trained in place of the weights (Hu et al.,
    ICLR 2022); 0 trains all weights. Training makes ``epochs`` passes and keeps the epoch with the
    smallest validation loss. The learning ``rate``, by default 3e-4 or 1e-3 with LoRA, rises and
    then falls to zero; ``batch`` is the batch size in examples. ``balanced`` gives rare labels the
    same weight as common ones. Texts longer than ``length`` tokens are read in windows, and the
    decoder attends to all of them; in training, to the first four. Answers need torch.

    ``rationale`` names a column with the reasons of a teacher, which the network learns to write as
    a second task (distilling step by step: Hsieh et al., Findings of ACL 2023). Answers write
    labels alone, so they cost the same.
    """

    name: str = "t5-small"
    lora: int = 0
    epochs: int = 6
    rate: float | None = None
    batch: int = 32
    length: int = 256
    balanced: bool = False
    rationale: str | None = None

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `Seq2SeqModel`.

        Raises `UnderdogError` without examples of at least two labels, if the model is missing, or
        if training diverges.
        """
        data = dataset(data)
        meter = Meter()
        require("torch", "torch")
        from ..training import loop
        from ..training.batches import windowed_batches
        from ..training.checkpoint import Checkpoint
        from ..training.devices import seeded
        from ..transformers.network import with_lora
        from . import network
        from .rationales import TwoTasks, with_reasons

        examples = Examples.of(data, "seq2seq")
        body, reader = network.pretrained(self.name, self.length)
        batches = windowed_batches(examples, reader)
        if self.rationale is not None:
            batches = with_reasons(batches, data, examples.texts, self.rationale, reader)
        start, end = network.start_and_end(body.config)
        spellings = spell_labels(data.task.labels, reader, end)
        total = sum(p.numel() for p in body.parameters())
        with seeded(seed):
            adapted = with_lora(body, self.lora) if self.lora else None
        writer = network.LabelWriter.of(body, Trie.of(spellings, start))
        trained = sum(p.numel() for p in writer.parameters() if p.requires_grad)
        module = writer if self.rationale is None else TwoTasks(writer, start, REASONS)
        done = loop.train(module, batches, self._config(), seed, Checkpoint.of(self, data, seed))
        if adapted is not None:
            body = adapted.merge_and_unload()  # merge the adapters into the weights
        model = Seq2SeqModel(
            data.task.labels,
            examples.pairs,
            reader,
            json.dumps(body.config.to_diff_dict(), default=str),
            network.weights(body),
            writer.head_arrays,
            spellings,
            done.factor,
            min(1.0, trained / total),
            batches.unread,
        )
        meter.bill(1)
        return model

    def _config(self) -> TrainingConfig:
        """How the training loop is to train."""
        from ..training.batches import TOKENS_AT_ONCE
        from ..training.loop import TrainingConfig

        return TrainingConfig(
            self.epochs,
            self.rate or RATES["lora" if self.lora else "full"],
            self.batch,
            balanced=self.balanced,
            mixed=True,
            tokens=TOKENS_AT_ONCE,
        )


def _disagreement(m: Any) -> str:
    """What is wrong with a `Seq2SeqModel` that has the fields of ``m``."""
    spelled = all(way and all(0 <= token < 1 << 31 for token in way) for way in m.ways)
    return "" if spelled and len(m.ways) == len(m.labels) else "labels and spellings do not agree"


@register(
    "seq2seq.model",
    holds={
        "head": Array("tokens", "width"),
        "trained": Number(0, 1),
        "unread": Number(0),
        "factor": Number(-1e9, 1e9),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class Seq2SeqModel:
    """A network that writes one of ``labels``, whose token ids are ``ways``.

    ``config`` and ``arrays`` are the network for transformers, ``head`` the output vectors of the
    tokens to choose from, ``[choices, width]``. ``factor`` is the inverse temperature, ``trained``
    the share of parameters that training changed, ``unread`` the number of tokens of long texts
    that it left out, ``pairs`` whether it was fitted on pairs.
    """

    labels: tuple[str, ...]
    pairs: bool
    reader: WindowReader
    config: str
    arrays: dict[str, Vectors]
    head: Vectors
    ways: tuple[Spelling, ...]
    factor: float
    trained: float
    unread: int = 0

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        probs = softmax(self.logits(texts) * self.factor)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "seq2seq")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """The share of parameters trained, tokens not trained on, and how many texts take several
        windows.
        """
        return self.reader.facts(texts, self.trained, self.unread)

    def logits(self, texts: Sequence[Text]) -> Floats:
        """Log probabilities before the temperature, shape ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        require_same_kind(texts, self.pairs)
        torch = require("torch", "torch")
        from .network import label_scores

        windows = self.reader.windows(texts)
        logits = np.zeros((len(texts), len(self.labels)))
        tokens = np.bincount(windows.owner, windows.lengths, len(texts))
        starts = np.searchsorted(windows.owner, np.arange(len(texts) + 1))
        order = np.argsort(tokens, kind="stable")
        for begin in range(0, len(order), BATCH):
            batch = order[begin : begin + BATCH]
            rows = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in batch])
            owner = np.repeat(np.arange(len(batch)), np.diff(starts)[batch])
            padded = [torch.from_numpy(a) for a in (*windows.padded(rows), owner)]
            logits[batch] = label_scores(self._writer, *padded).double().numpy()
        return logits

    @cached_property
    def _writer(self) -> Any:
        torch = require("torch", "torch")

        from .network import LabelWriter, rebuild, start_and_end

        body = rebuild(self.config, self.arrays)
        trie = Trie.of(self.ways, start_and_end(body.config)[0])
        if self.head.shape != (len(trie.token), body.config.d_model):
            raise UnderdogError(
                "the output vectors do not fit the labels' tokens and the network",
                "fit the model again: underdog fit …",
            )
        head = torch.nn.Parameter(torch.from_numpy(self.head.copy()))
        return LabelWriter(body, trie, head, np.arange(len(self.head))).eval()
