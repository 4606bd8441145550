"""A model of one tokenizer read as a model of another one, by the tokens that both have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core.errors import UnderdogError
from ....core.language import (
    Ids,
    LanguageModel,
    Logits,
    TokenCache,
    Tokenizer,
    common,
    complete,
    log_softmax,
)
from ....runtime.registry import register
from ..ngram import tokenizer_of
from .pieces import pieces_of

Tokens = tuple[int, ...]


@register("respelled")
@dataclass(frozen=True)
class Respelled:
    """``model`` over the tokenizer called ``into``, such as 'smollm2' or 'bytes'.

    It reads each text cut in its own way, and says only the tokens that both vocabularies spell
    alike (token-level intersection, Timor et al., ICML 2025); their probabilities are scaled up to
    1, and the memory says in ``missing`` how much the others had. So it can draft for a model with
    another tokenizer, which `speculative` leaves exact. It is an approximation where it is mixed
    or added: `bytewise` is exact, and slower.
    """

    model: LanguageModel
    into: str

    @property
    def tokenizer(self) -> Tokenizer:
        """The one that it is read with."""
        return tokenizer_of(self.into)

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Retold]:
        """Scores of the next token, ``[texts, tokens, vocabulary]``, minus infinity for tokens that
        the model does not have.

        Raises `UnderdogError` if the spelling of tokens is not known, or if none is shared.
        """
        complete("respelled", self.model)
        shared = _shared(self.tokenizer, self.model.tokenizer)
        found = np.full((*ids.shape, self.tokenizer.size), -np.inf)
        texts = list(cache.texts) if cache else [Told()] * len(ids)
        for i, new in enumerate(ids.tolist()):
            for k, token in enumerate(new):
                texts[i] = self._next(texts[i], token, shared)
                found[i, k, shared.ours] = texts[i].scores
        return found, Retold(tuple(texts))

    def _next(self, told: Told, token: int, shared: Shared) -> Told:
        tokens = (*told.tokens, token)
        own = tuple(self._cut(tokens, shared))
        if own == told.own and told.scores is not None:
            return Told(tokens, own, told.memory, told.scores, told.missing)
        same = common(told.own, own[:-1])
        memory = None
        if same and told.memory is not None:
            memory = told.memory.crop(same)
        new = np.array([own[same if memory else 0 :]], np.int64)
        logits, memory = self.model.extend(new, memory)
        logprobs = log_softmax(logits[0, -1].astype(np.float64))[shared.theirs]
        with np.errstate(under="ignore"):
            mass = float(np.exp(logprobs).sum())
        return Told(tokens, own, memory, logprobs, max(told.missing, 1.0 - mass))

    def _cut(self, tokens: Tokens, shared: Shared) -> list[int]:
        """``tokens`` of the other tokenizer in the model's own."""
        target, source = self.tokenizer, self.model.tokenizer
        found: list[int] = []
        run = b""
        for token in (*tokens, target.end):
            if token != target.end:
                run += shared.pieces[token]
                continue
            # the rest of a letter that is begun is not a text yet
            found += source.encode(run.decode("utf-8", "ignore"))
            found.append(source.end)
            run = b""
        return found[:-1] or [source.end]


@dataclass(frozen=True, eq=False)
class Told:
    """One text so far: ``tokens``, the model's ``own`` tokens of it, and what it said last of the
    tokens that both have.
    """

    tokens: Tokens = ()
    own: Tokens = ()
    memory: TokenCache | None = None
    scores: Any = None
    missing: float = 0.0


@dataclass(frozen=True, eq=False)
class Retold:
    """What `Respelled` remembers of its texts."""

    texts: tuple[Told, ...]

    @property
    def length(self) -> int:
        """Tokens of each text."""
        return len(self.texts[0].tokens)

    @property
    def missing(self) -> float:
        """The largest probability that tokens without a counterpart had at one place."""
        return max(told.missing for told in self.texts)

    def crop(self, length: int) -> Retold:
        """The memory of the first ``length`` tokens."""
        return Retold(
            tuple([replace(t, tokens=t.tokens[:length], scores=None) for t in self.texts])
        )

    def select(self, rows: Sequence[int]) -> Retold:
        """A copy for the texts at ``rows``."""
        chosen = [self.texts[row] for row in rows]
        return Retold(tuple([replace(t, memory=t.memory and t.memory.select([0])) for t in chosen]))


@dataclass(frozen=True, eq=False)
class Shared:
    """The tokens that two vocabularies spell alike, ``ours`` and ``theirs``, ``[shared]``, and the
    bytes of all of ours.
    """

    ours: NDArray[np.int64]
    theirs: NDArray[np.int64]
    pieces: Sequence[bytes]


def _shared(ours: Tokenizer, theirs: Tokenizer) -> Shared:
    key = (ours.identity, theirs.identity)
    if key not in _SHARED:
        _SHARED[key] = _found(ours, theirs)
    return _SHARED[key]


_SHARED: dict[tuple[str, str], Shared] = {}
"""What the pairs of tokenizers seen so far share."""


def _found(ours: Tokenizer, theirs: Tokenizer) -> Shared:
    pieces = pieces_of(ours)
    known = {piece: i for i, piece in enumerate(pieces_of(theirs)) if piece}
    pairs = [(i, known[piece]) for i, piece in enumerate(pieces) if piece in known]
    if not pairs:
        raise UnderdogError(
            "the two vocabularies share no token", "combine the models byte by byte: bytewise(LM)"
        )
    pairs.append((ours.end, theirs.end))
    found = np.array(pairs, np.int64)
    return Shared(found[:, 0], found[:, 1], pieces)
