"""A language model in this process, run by torch: the scores of every next token."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.errors import UnderdogError
from ...core.language import Ids, Logits, Tokenizer
from ...runtime.extras import require
from ...runtime.registry import register
from ...runtime.schema import Number
from .engine import warn_if_busy


@register("causal", holds={"bits": Number(16, 32), "threads": Number(1, 1024)})
@dataclass(frozen=True)
class Causal:
    """A pretrained network as a `LanguageModel`: what decoding is built of.

    ``model`` is 'smollm2', 'gemma3', a FILE.gguf (converted once, then kept in the cache folder),
    a folder, or a model on the Hugging Face hub. ``bits`` are 32, or 16 for half the memory. One
    thread by default: on a busy machine two are slower.
    A saved model holds the name of the weights and their ``checksum``. Needs the extras `torch`
    and, for a GGUF, `llama`. To write with it: `sampled(causal('smollm2'))`; to write faster
    without combining it: `llama('smollm2')`.
    """

    model: str = "smollm2"
    bits: int = 32
    threads: int = 1
    checksum: str = ""

    def __post_init__(self) -> None:
        if self.bits not in (16, 32):
            raise UnderdogError(f"causal cannot have bits={self.bits}", "16 or 32")

    @property
    def tokenizer(self) -> Tokenizer:
        """What its token ids mean."""
        found: Tokenizer = _pretrained().tokenizer(self.model)
        return found

    @property
    def embedding(self) -> Any:
        """A vector for each token, ``[vocabulary, width]``, in 32 bits."""
        body, _ = _pretrained().network(self.model, self.bits)
        return body.get_input_embeddings().weight.detach().float().numpy()

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Remembered]:
        """Scores of the next token, ``[texts, tokens, vocabulary]``, in 32 bits.

        Raises `UnderdogError` if the weights are missing, are not those that a saved model was
        made with, or if text or memory are at an end.
        """
        self.check()
        body, _ = _pretrained().network(self.model, self.bits)
        with threads_of(self.threads):
            return extended(body, ids, cache, self.model)

    def environment(self) -> Mapping[str, str]:
        """The checksum of the weights, which the name alone does not tell."""
        return {"weights": _pretrained().source(self.model)[1]}

    def pinned(self) -> Causal:
        """The same model, bound to the weights that are here now by their SHA-256."""
        return replace(self, checksum=_pretrained().source(self.model)[1])

    def check(self) -> None:
        """Refuse weights other than those that a saved model was made with."""
        if self.checksum and _pretrained().source(self.model)[1] != self.checksum:
            raise UnderdogError(
                f"the weights {self.model!r} are not those that this model was made with"
                f" (SHA-256 {self.checksum[:12]}…)",
                "install the earlier weights, or fit the model again: underdog fit …",
            )


@contextmanager
def threads_of(n: int) -> Iterator[None]:
    """Inside the block torch computes with ``n`` threads."""
    torch = require("torch", "torch")
    warn_if_busy(n)
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _pretrained() -> Any:
    """The module that loads networks: torch is imported when it is needed."""
    from . import pretrained

    return pretrained


@dataclass(frozen=True, eq=False)
class Remembered:
    """The keys and values of what a network has read."""

    inner: Any

    @property
    def length(self) -> int:
        """Tokens of each text."""
        return int(self.inner.get_seq_length())

    def crop(self, length: int) -> Remembered:
        """The memory of the first ``length`` tokens.

        Raises `UnderdogError` if the network cannot forget, as recurrent ones cannot.
        """
        surplus = self.length - length
        if surplus > 0:
            if not getattr(self.inner, "is_croppable", True):
                raise UnderdogError(
                    "the model cannot forget what it has read: its memory is recurrent",
                    "draft with a transformer, or with lookup()",
                )
            self.inner.crop(-surplus)
        return self

    def select(self, rows: Sequence[int]) -> Remembered:
        """A copy for the texts at ``rows``."""
        chosen = copy.deepcopy(self.inner)
        chosen.batch_select_indices(require("torch", "torch").tensor(list(rows)))
        return Remembered(chosen)


def extended(body: Any, ids: Ids, cache: Remembered | None, name: str) -> tuple[Logits, Remembered]:
    """What the network ``body`` makes of ``ids`` after ``cache``: scores, ``[texts, tokens,
    vocabulary]``, and its memory. Raises `UnderdogError` if text or memory are at an end.
    """
    torch, transformers = require("torch", "torch"), require("transformers", "torch")
    memory = cache.inner if cache else transformers.DynamicCache()
    length = memory.get_seq_length() + ids.shape[1]
    most = getattr(body.config, "max_position_embeddings", None)
    if most and length > most:
        raise UnderdogError(
            f"a text of {length:,} tokens is longer than the context of {name!r}, {most:,}",
            "shorten the text, or use a model with a longer context",
        )
    try:
        with torch.inference_mode():
            out = body(
                torch.from_numpy(np.ascontiguousarray(ids)), past_key_values=memory, use_cache=True
            )
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            raise _pretrained().out_of_memory(name) from error
        raise
    logits: Logits = out.logits.float().numpy()
    return logits, Remembered(out.past_key_values)
