"""Two language models of which neither is followed word for word, so that neither is copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.language import (
    Ids,
    LanguageModel,
    Logits,
    Tokenizer,
    complete,
    log_softmax,
    same_tokenizer,
)
from ...runtime.registry import register
from .joint import Joint, read

HALVINGS = 24
"""Steps of the search for the balance of a token: it is found to 1e-7."""


@dataclass(frozen=True, eq=False)
class Paths:
    """What both models remember, and how likely each found the text so far.

    ``paths`` holds, after each token, the log-probabilities of the written text by the two models,
    ``[texts, tokens, 2]``; ``last`` are their log-probabilities of the next token.
    """

    inner: Joint
    paths: Floats
    last: tuple[Logits, ...]

    @property
    def length(self) -> int:
        """Tokens of each text."""
        return self.inner.length

    def crop(self, length: int) -> Paths:
        """The memory of the first ``length`` tokens."""
        rows = tuple([x[:, :length] for x in self.last])
        return Paths(self.inner.crop(length), self.paths[:, :length], rows)

    def select(self, rows: Sequence[int]) -> Paths:
        """A copy for the texts at ``rows``."""
        chosen = tuple([x[list(rows)] for x in self.last])
        return Paths(self.inner.select(rows), self.paths[list(rows)], chosen)


@register("guarded")
@dataclass(frozen=True)
class Guarded:
    """Writes what ``one`` and ``other`` both find likely (CP-Fuse, Abad et al., ICLR 2025).

    They should be trained on parts of the protected texts that have nothing in common. Each token
    comes from p1^w p2^(1 - w), with the w that keeps the text so far equally far from both models:
    a text that one of them knows by heart is then ever less its own. What is read first, the
    prompt, counts for neither.
    """

    one: LanguageModel
    other: LanguageModel

    @property
    def tokenizer(self) -> Tokenizer:
        """That of both models."""
        return self.one.tokenizer

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Paths]:
        """Log-probabilities of the next token, ``[texts, tokens, vocabulary]``.

        Raises `UnderdogError` if the tokenizers differ.
        """
        same_tokenizer(self.one, self.other)
        complete("guarded", self.one, self.other)
        found, inner = read((self.one, self.other), ids, cache.inner if cache else None)
        new = tuple([log_softmax(logits.astype(np.float64)) for logits in found])
        steps = np.zeros((*ids.shape, 2))
        if cache is not None:
            for k, (before, after) in enumerate(zip(cache.last, new, strict=True)):
                rows = np.concatenate([before[:, -1:], after[:, :-1]], axis=1)
                steps[..., k] = np.take_along_axis(rows, ids[..., None], axis=-1)[..., 0]
            steps[:, 0] += cache.paths[:, -1]
        paths = np.maximum(steps, -1e4).cumsum(axis=1)
        scores = balanced(new[0], new[1], paths[..., 0] - paths[..., 1])
        if cache is not None:
            paths = np.concatenate([cache.paths, paths], axis=1)
            new = tuple(
                [np.concatenate(both, axis=1) for both in zip(cache.last, new, strict=True)]
            )
        return scores, Paths(inner, paths, new)


def balanced(p: Logits, q: Logits, ahead: Floats) -> Logits:
    """log(p^w q^(1 - w) / sum), ``[texts, tokens, vocabulary]``, with the best w for each token.

    ``ahead``, ``[texts, tokens]``, is how much likelier the text so far is to p than to q. The w
    makes KL(r, p) - log p(text) equal to KL(r, q) - log q(text), if one between 0 and 1 does.
    """
    p, q = np.maximum(p, -1e4), np.maximum(q, -1e4)
    low, high = np.zeros(ahead.shape), np.ones(ahead.shape)
    for _ in range(HALVINGS):
        w = (low + high) / 2
        r = log_softmax(w[..., None] * p + (1 - w[..., None]) * q)
        # KL(r, p) - KL(r, q) = E_r[log q - log p]; it falls as w grows
        gap = (np.exp(r) * (q - p)).sum(axis=-1) - ahead
        low, high = np.where(gap > 0, w, low), np.where(gap > 0, high, w)
    w = np.where(high < 1e-6, 0.0, np.where(low > 1 - 1e-6, 1.0, (low + high) / 2))[..., None]
    return log_softmax(w * p + (1 - w) * q)
