"""The controls that every selector is compared with: random, and the longest documents."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, draw
from ...runtime.registry import register
from ..pool.pool import texts_of

TOKEN = re.compile(r"\w+|[^\w\s]")
"""What is counted as a token: a word or a sign. A model's own tokens are about a third more."""


@register("random")
@dataclass(frozen=True)
class Random:
    """A number that looks random and depends on the text and the ``seed`` alone."""

    seed: int = 0

    def seeded(self, seed: int) -> Random:
        """The control with the seed of a run, unless it has one of its own."""
        return self if self.seed else replace(self, seed=seed)

    def score(self, data: Dataset) -> Floats:
        """A number in [0, 1) for each example, ``[examples]``."""
        return np.array([draw(f"curate {self.seed}:{text}") for text in texts_of(data)])


@register("length")
@dataclass(frozen=True)
class Length:
    """Tokens of a document: the longest are kept. Many published selectors do not beat it."""

    def score(self, data: Dataset) -> Floats:
        """The tokens of each example, ``[examples]``."""
        return np.array([tokens(text) for text in texts_of(data)], np.float64)


def tokens(text: str) -> int:
    """How many words and signs ``text`` has."""
    return len(TOKEN.findall(text))
