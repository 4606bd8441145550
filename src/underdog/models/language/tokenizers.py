"""Tokenizers: bytes, or the one that comes with a pretrained model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ...runtime.registry import register


@register("ngram.bytes")
@dataclass(frozen=True)
class Bytes:
    """Each byte of UTF-8 is a token; token 256 ends a text."""

    @property
    def identity(self) -> str:
        """The same for all of them."""
        return "bytes"

    @property
    def size(self) -> int:
        """256 bytes, and the end."""
        return 257

    @property
    def end(self) -> int:
        """The token after the last byte."""
        return 256

    def encode(self, text: str) -> list[int]:
        """The bytes of ``text``."""
        return list(text.encode("utf-8", "replace"))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the bytes ``ids``; what is no UTF-8 becomes a replacement character."""
        return bytes(i for i in ids if i < 256).decode("utf-8", "replace")


@register("ngram.vocabulary")
@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer of Hugging Face as JSON, as a saved model can hold it.

    ``end`` is the token that ends a text, ``size`` the number of scores that the model gives,
    and ``template`` its chat template ("": none).
    """

    source: str
    end: int
    size: int
    template: str = ""

    @cached_property
    def identity(self) -> str:
        """A digest of the vocabulary, its merges and its normalisation."""
        parts = json.loads(self.source)
        core = [parts.get(k) for k in ("model", "pre_tokenizer", "normalizer", "added_tokens")]
        return hashlib.sha256(json.dumps([core, self.end], sort_keys=True).encode()).hexdigest()

    def encode(self, text: str) -> list[int]:
        """The tokens of ``text``; words of it that look like control tokens are plain words."""
        return list(self._fast.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``, without control tokens."""
        return str(self._fast.decode(list(ids), skip_special_tokens=True))

    def turn(self, text: str) -> list[int]:
        """The tokens of ``text`` as a user's turn in the chat template, ready for the reply.

        Raises `UnderdogError` if the model has no template.
        """
        if not self.template:
            raise UnderdogError(
                "the model has no chat template: it was never taught to converse",
                "let it continue prompts as they stand: sampled(MODEL, chat=False)",
            )
        transformers = require("transformers", "torch")
        wrapped = transformers.PreTrainedTokenizerFast(tokenizer_object=self._raw)
        message = [{"role": "user", "content": text}]
        asked = {"chat_template": self.template, "add_generation_prompt": True}
        return list(wrapped.apply_chat_template(message, tokenize=True, return_dict=False, **asked))

    @cached_property
    def spellings(self) -> dict[str, int]:
        """The id of each token by its spelling."""
        return dict(self._raw.get_vocab(with_added_tokens=True))

    @cached_property
    def _raw(self) -> Any:
        return require("tokenizers", "torch").Tokenizer.from_str(self.source)

    @cached_property
    def _fast(self) -> Any:
        raw = require("tokenizers", "torch").Tokenizer.from_str(self.source)
        raw.encode_special_tokens = True
        return raw
