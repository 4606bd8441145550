"""Distributions of which only the likeliest tokens are told, by an API: the rest is one token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.errors import UnderdogError
from ...core.language import LanguageModel, Logits, log_softmax, named

LEAST = 1e-9
"""What is missing from 1, at least: log-probabilities are told in 32 bits."""


def remainder(told: Logits) -> Logits:
    """The log-probability of all tokens that are not named together, ``[..., 1]``.

    ``told`` are log-probabilities, ``[..., vocabulary]``, minus infinity where no one is told.
    """
    with np.errstate(under="ignore"):
        rest = 1.0 - np.exp(told.astype(np.float64)).sum(axis=-1, keepdims=True)
    found: Logits = np.log(np.maximum(rest, LEAST))
    return found


def share(logprobs: Logits, among: Logits) -> Logits:
    """The log-probability of all tokens ``among`` together, ``[..., 1]``."""
    with np.errstate(divide="ignore", under="ignore"):
        found: Logits = np.log(np.where(among, np.exp(logprobs), 0.0).sum(axis=-1, keepdims=True))
    return found


def shared_out(told: Logits, local: Logits) -> Logits:
    """``told`` with the remainder divided among the tokens that are not named, in the proportions
    that the scores ``local`` give them: log-probabilities, ``[..., vocabulary]``.
    """
    unnamed, other = np.isneginf(told), log_softmax(local)
    total = share(other, unnamed)
    with np.errstate(invalid="ignore"):
        found: Logits = np.where(unnamed, remainder(told) + other - total, told)
    return np.where(np.isneginf(total), told, found)


def filled(models: Sequence[LanguageModel], found: Sequence[Logits]) -> list[Logits]:
    """The scores ``found`` of ``models``, ``[texts, tokens, vocabulary]`` each: the first model
    that tells all divides the remainders of the others.

    Raises `UnderdogError` if no model tells all.
    """
    if not any(map(named, models)):
        return list(found)
    pairs = list(zip(models, found, strict=True))
    local = next((logits for model, logits in pairs if not named(model)), None)
    if local is None:
        raise UnderdogError(
            "an API names only the likeliest tokens, and no model of the mixture tells the others",
            "add one that runs here, such as ngram(tokenizer='smollm2')",
        )
    return [shared_out(logits, local) if named(model) else logits for model, logits in pairs]


def steered(
    base: Logits, plus: Logits | None, minus: Logits | None, alpha: float, plausible: float
) -> Logits:
    """base + alpha x (plus - minus), where ``base`` tells about few tokens: ``[..., vocabulary]``.

    The tokens that it does not name count as one, whose probabilities by the others are known too.
    Which of them it is, ``plus`` says; without it, or among ``plausible`` tokens only, it is none.
    """
    unnamed, zero = np.isneginf(base), np.zeros(1, base.dtype)
    p = zero if plus is None else np.maximum(log_softmax(plus), -1e4)
    q = zero if minus is None else np.maximum(log_softmax(minus), -1e4)
    score: Logits = base + alpha * (p - q)
    if plausible:
        top = base.max(axis=-1, keepdims=True)
        return np.where(base < top + np.log(plausible), -np.inf, score)
    if plus is None:
        return score
    inside = share(p, unnamed)
    against = zero if minus is None else np.maximum(share(q, unnamed), -1e4)
    with np.errstate(invalid="ignore"):
        rest = remainder(base) + alpha * (inside - against) + p - inside
    return np.where(unnamed & np.isfinite(inside), rest, score)


def floored(told: Logits) -> Logits:
    """``told`` where a token that is not named counts as the least likely one that is, or as all of
    the remainder, where that is less: it cannot be likelier. ``[..., vocabulary]``.
    """
    unnamed = np.isneginf(told)
    least = np.where(unnamed, np.inf, told).min(axis=-1, keepdims=True)
    found: Logits = np.where(unnamed, np.minimum(least, remainder(told)), told)
    return found
