"""A language model of one's own: trained from scratch, or a pretrained one by LoRA adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.data import Dataset, plain
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.language import Ids, LanguageModel, Logits, Tokenizer, complete
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from .causal import Causal, Remembered, extended, threads_of
from .ngram import tokenizer_of
from .top_store import Top, blocks, ranked_of, top_of

Vectors = NDArray[np.float32]
DIVERGENCES = ("forward", "reverse", "jsd", "skew", "uld")


@register(
    "lm",
    holds={
        "width": Number(8, 4096),
        "layers": Number(1, 96),
        "length": Number(4, 8192),
        "batch": Number(1, 4096),
        "tokens": Number(1, 1e12),
        "rate": Number(1e-8, 10),
        "lora": Number(1, 512),
        "top": Number(1, 4096),
        "share": Number(0, 1),
        "on_policy": Number(0, 1),
    },
)
@dataclass(frozen=True)
class LM:
    """Learns to continue the texts of a data set; labels are not used.

    Without a ``base`` a network of ``layers`` layers, ``width`` wide, is trained from scratch over
    a ``tokenizer``: 'bytes', or that of a model such as 'smollm2'. With a ``base``, such as
    'smollm2', LoRA adapters of rank ``lora`` are trained on it, and a saved model holds these and
    the checksum of the base. Reads ``tokens`` tokens in all, in pieces of ``length``, ``batch``
    pieces a step; unless told, the learning ``rate`` is 5e-4 with LoRA, and from scratch 0.4 /
    ``width``, 6e-3 at most. How common each token is, a new network knows from the beginning.

    With a ``teacher``, a language model of the same tokenizer, it also learns the teacher's
    distributions (white-box distillation): ``share`` of the loss is the ``divergence`` from them,
    'forward', 'reverse', 'jsd' or 'skew'. The teacher reads the texts once; its ``top`` tokens and
    the remainder are kept on disk and reused; from one with an embedding a new student takes over
    which tokens are alike. In an ``on_policy`` share of the steps, most of them late, the student
    writes, and the teacher corrects what it wrote (Agarwal et al., ICLR 2024); that costs the
    teacher's time in each of them. From a teacher with another tokenizer it learns by 'uld': how
    sure to be of the likeliest token, the second, and so on, where both have read the same text.
    """

    base: str = ""
    tokenizer: str = "bytes"
    width: int = 192
    layers: int = 4
    length: int = 128
    batch: int = 8
    tokens: int = 200_000
    rate: float | None = None
    lora: int = 8
    teacher: LanguageModel | None = None
    divergence: str = "forward"
    top: int = 32
    share: float = 0.5
    on_policy: float = 0.0

    def __post_init__(self) -> None:
        if self.divergence not in DIVERGENCES:
            raise UnderdogError(
                f"lm has no divergence {self.divergence!r}", f"one of {', '.join(DIVERGENCES)}"
            )
        if self.on_policy and (self.teacher is None or self.divergence == "uld"):
            raise UnderdogError(
                "on_policy needs a teacher with the student's tokenizer",
                "lm(teacher=LM, on_policy=0.5), with another divergence than 'uld'",
            )

    def fit(self, data: Data, seed: int = 0) -> Trained:
        """A `Trained` model of the texts of ``data``, drawn with the random ``seed``.

        Raises `UnderdogError` without texts, if teacher and student have different tokenizers, or
        if training diverges.
        """
        data = dataset(data)
        meter = Meter()
        require("torch", "torch")
        from . import lm_training

        own = Causal(self.base).tokenizer if self.base else tokenizer_of(self.tokenizer)
        texts = [plain(text) for text in data.texts]
        documents = [own.encode(text) for text in texts if text.strip()]
        if not documents:
            raise UnderdogError("there are no texts to learn from", "give a file with texts")
        rows = blocks(documents, self.length, own.end)
        taught = self._taught(rows, own, seed)
        body = lm_training.network(self, own, seed)
        if not self.base:
            read = rows[: self.used(len(rows))]
            same = None if self.divergence == "uld" else self.teacher
            lm_training.begin(body, read, taught, same)
        lm_training.train(body, rows, taught, self, data, seed)
        config, arrays, factors = lm_training.weights(body, bool(self.base))
        meter.bill(1)
        pinned = Causal(self.base).pinned() if self.base else None
        return Trained(own, config, arrays, factors, pinned)

    def samples_seen(self, data: Dataset) -> float:
        """Examples read: the tokens decide, not the data."""
        return self.tokens / self.length

    def used(self, rows: int) -> int:
        """How many of ``rows`` pieces of text are read at all."""
        return min(rows, -(-self.tokens // self.length))

    def _taught(self, rows: Ids, own: Tokenizer, seed: int) -> Top | None:
        if self.teacher is None:
            return None
        complete("a teacher of distributions", self.teacher)
        read = rows[: self.used(len(rows)), :-1]
        if self.divergence == "uld":
            return ranked_of(self.teacher, own, read, self.top)
        if own.identity != self.teacher.tokenizer.identity:
            raise UnderdogError(
                f"two vocabularies, of {own.size:,} and {self.teacher.tokenizer.size:,} tokens:"
                " their distributions cannot be compared token by token",
                "lm(…, divergence='uld') compares them by rank, or take the teacher's tokenizer",
            )
        return top_of(self.teacher, read, min(self.top, own.size - 1))


@register("lm.model")
@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network: its configuration (JSON) and ``arrays``; or, with a ``base``, the LoRA
    ``factors`` that are added to it, ``[out, rank]`` and ``[rank, in]`` by the name of a layer.
    """

    tokenizer: Tokenizer
    config: str
    arrays: Mapping[str, Vectors]
    factors: Mapping[str, tuple[Vectors, Vectors]]
    base: Causal | None = None

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Remembered]:
        """Scores of the next token, ``[texts, tokens, vocabulary]``.

        Raises `UnderdogError` if the base is missing, or is not the one that it was trained on.
        """
        with threads_of(1):
            return extended(self._body, ids, cache, "lm")

    @property
    def embedding(self) -> Vectors:
        """A vector for each token, ``[vocabulary, width]``."""
        found: Vectors = self._body.get_input_embeddings().weight.detach().numpy()
        return found

    @property
    def size(self) -> int:
        """How many numbers it holds of its own."""
        pairs = [part.size for pair in self.factors.values() for part in pair]
        return sum(array.size for array in self.arrays.values()) + sum(pairs)

    @cached_property
    def _body(self) -> Any:
        from . import lm_training

        return lm_training.rebuilt(self.config, self.arrays, self.factors, self.base)
