"""Several language models that read the same text side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.language import (
    Ids,
    LanguageModel,
    Logits,
    TokenCache,
    Tokenizer,
    missing,
    named,
    stepwise,
)
from ...runtime.registry import register


@dataclass(frozen=True)
class Joint:
    """What each of several models remembers of the same texts."""

    parts: tuple[TokenCache, ...]

    @property
    def length(self) -> int:
        """Tokens of each text."""
        return self.parts[0].length

    @property
    def missing(self) -> float:
        """The largest share of a probability that one of the models did not tell."""
        return max(map(missing, self.parts))

    def crop(self, length: int) -> Joint:
        """The memory of the first ``length`` tokens."""
        return Joint(tuple([part.crop(length) for part in self.parts]))

    def select(self, rows: Sequence[int]) -> Joint:
        """A copy for the texts at ``rows``."""
        return Joint(tuple([part.select(rows) for part in self.parts]))


def read(
    models: Sequence[LanguageModel], ids: Ids, cache: Joint | None
) -> tuple[list[Logits], Joint]:
    """The scores of each of ``models``, ``[texts, tokens, vocabulary]``, and what they remember.

    A model that stands there twice reads once. Where one of them is `stepwise`, all scores are
    those after the last token.
    """
    known: dict[int, tuple[Logits, TokenCache]] = {}
    for i, model in enumerate(models):
        if id(model) not in known:
            known[id(model)] = model.extend(ids, cache.parts[i] if cache else None)
    found = [known[id(model)] for model in models]
    if stepwise(*models):
        found = [(logits[:, -1:], memory) for logits, memory in found]
    return [logits for logits, _ in found], Joint(tuple([memory for _, memory in found]))


@dataclass(frozen=True)
class Shifted:
    """The memory of a model that read ``offset`` tokens before the text began."""

    inner: TokenCache
    offset: int

    @property
    def length(self) -> int:
        """Tokens of each text, without those before it."""
        return self.inner.length - self.offset

    @property
    def missing(self) -> float:
        """The largest share of a probability that the model did not tell."""
        return missing(self.inner)

    def crop(self, length: int) -> Shifted:
        """The memory of the first ``length`` tokens of the text."""
        return Shifted(self.inner.crop(length + self.offset), self.offset)

    def select(self, rows: Sequence[int]) -> Shifted:
        """A copy for the texts at ``rows``."""
        return Shifted(self.inner.select(rows), self.offset)


@register("after")
@dataclass(frozen=True)
class After:
    """``model`` as it is after it has read ``text``, which no other model of a combination sees.

    So a large model can be combined with a small one that knows a private context (CoGenesis,
    Zhang et al., 2024).
    """

    model: LanguageModel
    text: str

    @property
    def tokenizer(self) -> Tokenizer:
        """That of the model."""
        return self.model.tokenizer

    @property
    def named(self) -> int:
        """How many tokens the model tells about; 0: all."""
        return named(self.model)

    @property
    def stepwise(self) -> bool:
        """Whether the model scores only what follows the last token."""
        return stepwise(self.model)

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Shifted]:
        """Scores of the next token, ``[texts, tokens, vocabulary]``."""
        before = self.tokenizer.encode(self.text)
        inner = cache.inner if cache else None
        if cache is None and before:
            new = np.concatenate([np.repeat([before], len(ids), axis=0), ids], axis=1)
            logits, inner = self.model.extend(new)
            return logits[:, -ids.shape[1] :], Shifted(inner, len(before))
        logits, inner = self.model.extend(ids, inner)
        return logits, Shifted(inner, len(before))
