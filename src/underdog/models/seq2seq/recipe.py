"""The recipe of a network that writes labels, and the model that it learns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.description import Fact
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.text_pairs import require_same_kind
from ..features.windows import Vectors, WindowReader
from ..training.examples import Examples, softmax
from .trie import Spelling, Trie, spelled

BATCH = 32
"""Texts that are answered at once."""

RATES = {"full": 3e-4, "lora": 1e-3}
"""Learning rates that suit networks of 60 to 800 million parameters."""


@register("seq2seq")
@dataclass(frozen=True)
class Seq2Seq:
    """A pretrained encoder and decoder (T5), fine-tuned to write a text's label.

    (Raffel et al., JMLR 2020.) ``name`` is a folder, or a model of T5's kind on the Hugging Face
    hub. The label is written token by token, and at each fork only tokens that continue a label
    may follow (De Cao et al., ICLR 2021): a label's probability is the product over its forks, so
    the labels' probabilities sum to 1. Training maximises just that, in place of the likelihood
    among all that could be written; a token without an alternative costs nothing and teaches
    nothing. All labels are weighed at once, which suits up to some hundreds of them.

    ``lora`` is the rank of side paths that are trained in place of the weights (Hu et al., ICLR
    2022); 0 trains everything. Of ``epochs`` passes the one is kept that is best on held-out
    examples. The learning ``rate``, 3e-4 or for side paths 1e-3 if not said, rises and then falls
    to zero; ``batch`` examples make a step. ``balanced`` makes rare labels count as much as common
    ones. Texts longer than ``length`` tokens are read in windows, and the decoder looks at all of
    them; in training, at the first four. Answers need torch.
    """

    name: str = "t5-small"
    lora: int = 0
    epochs: int = 6
    rate: float | None = None
    batch: int = 32
    length: int = 256
    balanced: bool = False

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `Seq2SeqModel`; `UnderdogError` without examples of two labels at least."""
        meter = Meter()
        require("torch", "torch")
        from ..training import loop
        from ..training.batches import TOKENS_AT_ONCE, windowed_batches
        from ..training.checkpoint import Checkpoint
        from ..transformers.network import with_lora
        from . import network

        examples = Examples.of(data)
        body, reader = network.pretrained(self.name, self.length)
        batches = windowed_batches(examples, reader)
        start, end = network.markers(body.config)
        ways = spelled(data.task.labels, reader, end)
        whole = sum(p.numel() for p in body.parameters())
        with loop.seeded(seed):
            adapted = with_lora(body, self.lora) if self.lora else None
        writer = network.Writer.of(body, Trie.of(ways, start))
        moving = sum(p.numel() for p in writer.parameters() if p.requires_grad)
        config = loop.TrainingConfig(
            self.epochs,
            self.rate or RATES["lora" if self.lora else "full"],
            self.batch,
            balanced=self.balanced,
            mixed=True,
            tokens=TOKENS_AT_ONCE,
        )
        done = loop.train(writer, batches, config, seed, Checkpoint.of(self, data, seed))
        if adapted is not None:
            body = adapted.merge_and_unload()  # the side paths become part of the weights
        model = Seq2SeqModel(
            data.task.labels,
            examples.pairs,
            reader,
            json.dumps(body.config.to_diff_dict(), default=str),
            network.weights(body),
            writer.decision,
            ways,
            done.factor,
            min(1.0, moving / whole),
            batches.unread,
        )
        meter.bill(1)
        return model


@register("seq2seq.model")
@dataclass(frozen=True, eq=False)
class Seq2SeqModel:
    """A network that writes one of ``labels``, each spelled as in ``ways``.

    ``config`` and ``arrays`` are the network as transformers knows it, ``head`` the vectors of
    the tokens that it chooses from, ``factor`` the inverse of the temperature of its
    probabilities, ``trained`` the share of parameters that training moved, ``unread`` how
    many tokens of long texts it left out, ``pairs`` what it was fitted on.
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
        meter = Meter()
        probs = softmax(self.logits(texts) * self.factor)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "seq2seq")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """Which share of it was trained, on what, and how many texts take several windows."""
        return self.reader.facts(texts, self.trained, self.unread)

    def logits(self, texts: Sequence[Text]) -> Floats:
        """Log probabilities before the temperature, shape ``[texts, labels]``."""
        require_same_kind(texts, self.pairs)
        torch = require("torch", "torch")
        from .network import answered

        windows = self.reader.windows(texts)
        said = np.zeros((len(texts), len(self.labels)))
        tokens = np.bincount(windows.owner, windows.lengths, len(texts))
        starts = np.searchsorted(windows.owner, np.arange(len(texts) + 1))
        order = np.argsort(tokens, kind="stable")
        for begin in range(0, len(order), BATCH):
            some = order[begin : begin + BATCH]
            rows = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in some])
            owner = np.repeat(np.arange(len(some)), np.diff(starts)[some])
            padded = [torch.from_numpy(a) for a in (*windows.padded(rows), owner)]
            said[some] = answered(self._writer, *padded).double().numpy()
        return said

    @cached_property
    def _writer(self) -> Any:
        torch = require("torch", "torch")

        from .network import Writer, markers, rebuilt

        body = rebuilt(self.config, self.arrays)
        trie = Trie.of(self.ways, markers(body.config)[0])
        head = torch.nn.Parameter(torch.from_numpy(self.head.copy()))
        return Writer(body, trie, head, np.arange(len(self.head))).eval()
