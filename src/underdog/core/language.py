"""Models of the next token, below the level of whole answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from .errors import UnderdogError

Ids = NDArray[np.int64]
"""Token ids, ``[texts, tokens]``."""

Logits = NDArray[Any]
"""Scores of the next token before the softmax, ``[texts, tokens, vocabulary]``, in floats."""


class Tokenizer(Protocol):
    """What cuts texts into tokens. Two with the same ``identity`` cut all texts alike."""

    @property
    def identity(self) -> str:
        """A digest of all that decides how texts are cut."""
        ...

    @property
    def size(self) -> int:
        """How many tokens there are."""
        ...

    @property
    def end(self) -> int:
        """The token that ends a text."""
        ...

    def encode(self, text: str) -> list[int]:
        """The tokens of ``text``, without one that begins or ends it."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``, without tokens that only control."""
        ...


class TokenCache(Protocol):
    """What a language model remembers of the tokens that it has read."""

    @property
    def length(self) -> int:
        """How many tokens each text has so far."""
        ...

    def crop(self, length: int) -> TokenCache:
        """The memory of the first ``length`` tokens; this one is used up.

        Raises `UnderdogError` if the model cannot forget.
        """
        ...

    def select(self, rows: Sequence[int]) -> TokenCache:
        """A copy that remembers the texts at ``rows``, in that order."""
        ...


class LanguageModel(Protocol):
    """Anything that scores the token that comes next: a network, an n-gram table, a mixture."""

    @property
    def tokenizer(self) -> Tokenizer:
        """What its token ids mean."""
        ...

    def extend(self, ids: Ids, cache: TokenCache | None = None) -> tuple[Logits, TokenCache]:
        """Scores of the token after each of ``ids``, ``[texts, tokens]``, which follow what
        ``cache`` remembers: ``[texts, tokens, vocabulary]``; and the memory of it all.

        The cache that was given is used up.
        """
        ...


def gives_scores(thing: object) -> TypeGuard[LanguageModel]:
    """Whether ``thing`` is a `LanguageModel`, without loading it to find out."""
    return callable(getattr(type(thing), "extend", None))


def log_softmax(logits: Logits) -> Logits:
    """Log-probabilities of ``logits``, along the last axis: the same shape, ``[..., vocabulary]``.

    Raises `UnderdogError` if a score is not a number.
    """
    top = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(top).all():
        raise UnderdogError(
            "the scores of a language model are not numbers (NaN)",
            "its weights are damaged, or too coarse: use 32 bits, as in causal(NAME, bits=32)",
        )
    shifted = logits - top
    with np.errstate(divide="ignore", under="ignore"):
        total = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    found: Logits = shifted - total
    return found


def same_tokenizer(*models: LanguageModel) -> Tokenizer:
    """The tokenizer that ``models`` share; `UnderdogError` if they do not share one."""
    first = models[0].tokenizer
    for other in models[1:]:
        same_identity(first, other.tokenizer)
    return first


def same_identity(one: Tokenizer, other: Tokenizer) -> None:
    """Raise `UnderdogError` if two tokenizers cut texts differently."""
    if one.identity != other.identity:
        raise UnderdogError(
            f"two vocabularies, of {one.size:,} and {other.size:,} tokens: a number means one token"
            " here and another there",
            "use models with the same tokenizer, or combine their written answers instead",
        )


def named(model: LanguageModel) -> int:
    """How many next tokens ``model`` tells about, the likeliest ones; 0: about all.

    One behind an API names few. The scores of the others are minus infinity, and those that are
    told are log-probabilities as they are, so that they show how much is missing from 1.
    """
    return int(getattr(model, "named", 0))


def stepwise(*models: LanguageModel) -> bool:
    """Whether one of ``models`` scores only what follows the last of the tokens that it is given,
    ``[texts, 1, vocabulary]``: behind an API each further place is a further request.
    """
    return any(getattr(model, "stepwise", False) for model in models)


def require_language_models(*models: object) -> None:
    """Raise `UnderdogError` if one of ``models`` scores no tokens."""
    for one in models:
        if not hasattr(one, "extend"):
            raise UnderdogError(f"{one!r} is no language model", "as in: causal('smollm2')")


def complete(what: str, *models: LanguageModel) -> None:
    """Raise `UnderdogError` if one of ``models`` does not tell all, and ``what`` needs all."""
    if stepwise(*models):
        raise UnderdogError(
            f"{what} needs the probability of every token, and an API names only the likeliest",
            "use a model that runs here, such as causal('smollm2'); what an API names is enough for"
            " sampled, mixture, contrasted, proxy_tuned, adapted, context_aware and searched",
        )


def missing(cache: object) -> float:
    """The largest share of a probability that a model did not tell so far, by its memory."""
    return float(getattr(cache, "missing", 0.0))


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens ``one`` and ``other`` begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


PIECE = 128
"""Tokens that are read at once: their scores over a large vocabulary take 25 MB."""


def piece(*models: LanguageModel) -> int:
    """How many tokens ``models`` read at once where the score after each of them counts."""
    return 1 if stepwise(*models) else PIECE


def nats(model: LanguageModel, ids: Sequence[int]) -> Logits:
    """Minus the log-probability of each token of ``ids`` but the first: ``[tokens]``, one fewer.

    Raises `UnderdogError` if the model does not tell about every token.
    """
    if named(model):
        complete("how surprising a text is", model)
    row, size = np.array([list(ids)], np.int64), piece(model)
    found, cache = [np.zeros(0)], None
    for i in range(0, row.shape[1] - 1, size):
        logits, cache = model.extend(row[:, i : min(i + size, row.shape[1] - 1)], cache)
        targets = row[0, i + 1 : i + 1 + logits.shape[1]]
        found.append(-log_softmax(logits[0])[np.arange(len(targets)), targets].astype(np.float64))
    return np.concatenate(found)


def nats_per_byte(model: LanguageModel, texts: Sequence[str]) -> float:
    """How surprised ``model`` is by ``texts``, in nats per byte: comparable between tokenizers."""
    total, size = 0.0, 0
    for text in texts:
        total += float(nats(model, [model.tokenizer.end, *model.tokenizer.encode(text)]).sum())
        size += len(text.encode())
    return total / max(1, size)
