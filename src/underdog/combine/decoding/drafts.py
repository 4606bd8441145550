"""What drafts tokens for a larger model: a language model, or the text itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ...core.cost import Floats
from ...core.language import LanguageModel, TokenCache, common
from ...runtime.registry import register
from ...runtime.schema import Number
from .sampling import Cut, Draw, drawn

Proposal = tuple[list[int], Floats]
"""Drafted tokens, and the distributions that they were drawn from, ``[drafted, vocabulary]``."""


class Proposer(Protocol):
    """Drafts along one text."""

    def propose(
        self, ids: Sequence[int], most: int, cut: Cut, draw: Draw
    ) -> tuple[list[int], Floats]:
        """Up to ``most`` tokens to follow ``ids``, and distributions ``[drafted, vocabulary]``."""
        ...


@runtime_checkable
class Drafter(Protocol):
    """Anything that drafts."""

    def proposer(self, vocabulary: int) -> Proposer:
        """A proposer for one text of tokens below ``vocabulary``."""
        ...


@register("lookup", holds={"longest": Number(1, 64)})
@dataclass(frozen=True)
class Lookup:
    """Drafts what followed the last time that the text said the same (prompt lookup).

    The last ``longest`` tokens are looked for, then fewer; of several matches the most recent
    counts. Costs nothing, and pays where the completion copies from the prompt.
    """

    longest: int = 3

    def proposer(self, vocabulary: int) -> Proposer:
        """A proposer for one text."""
        return _Lookup(self.longest, vocabulary)


@dataclass(frozen=True)
class _Lookup:
    longest: int
    vocabulary: int

    def propose(
        self, ids: Sequence[int], most: int, cut: Cut, draw: Draw
    ) -> tuple[list[int], Floats]:
        text = np.asarray(ids)
        for n in range(min(self.longest, len(text) - 1), 0, -1):
            windows = np.lib.stride_tricks.sliding_window_view(text[:-1], n)
            starts = np.flatnonzero((windows == text[-n:]).all(axis=1))
            if len(starts):
                tokens = text[starts[-1] + n :][:most].tolist()
                return tokens, certain(tokens, self.vocabulary)
        return [], np.zeros((0, self.vocabulary))


@dataclass
class ModelProposer:
    """Drafts with a language model, whose memory follows the text and forgets what was refused."""

    model: LanguageModel
    read: list[int]
    memory: TokenCache | None = None

    def propose(
        self, ids: Sequence[int], most: int, cut: Cut, draw: Draw
    ) -> tuple[list[int], Floats]:
        """Up to ``most`` tokens to follow ``ids``, and distributions ``[drafted, vocabulary]``."""
        same = common(self.read, ids[:-1])
        if self.memory is not None:
            self.memory = self.memory.crop(same) if same else None
        text, rows, tokens = list(ids), [], []
        for _ in range(most):
            new = np.array([text[same:]], np.int64)
            logits, self.memory = self.model.extend(new, self.memory)
            same = len(text)
            rows.append(cut.probabilities(logits[0, -1]))
            tokens.append(drawn(rows[-1], draw))
            text.append(tokens[-1])
        self.read = text[:same]
        return tokens, np.array(rows)


def proposer(draft: Drafter | LanguageModel, vocabulary: int) -> Proposer:
    """What drafts along one text with ``draft``."""
    if isinstance(draft, Drafter):
        return draft.proposer(vocabulary)
    return ModelProposer(draft, [])


def certain(tokens: Sequence[int], vocabulary: int) -> Floats:
    """Distributions that are sure of each of ``tokens``, ``[tokens, vocabulary]``."""
    rows = np.zeros((len(tokens), vocabulary))
    rows[np.arange(len(tokens)), list(tokens)] = 1.0
    return rows
