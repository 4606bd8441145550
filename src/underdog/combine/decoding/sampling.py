"""From scores of the next token to a token: how a distribution is cut, and drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...core.language import Logits, log_softmax

Draw = Callable[[], float]
"""Numbers in [0, 1), one after the other."""


@dataclass(frozen=True)
class Cut:
    """``temperature`` (0: only the likeliest token), then the ``top_k`` likeliest tokens (0: all),
    then the likeliest that together have the share ``top_p``.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0

    def probabilities(self, logits: Logits) -> Floats:
        """The distribution to draw from, of the shape of ``logits``, ``[..., vocabulary]``."""
        if self.temperature == 0:
            found: Floats = np.zeros(logits.shape)
            best = logits.argmax(axis=-1)[..., None]
            np.put_along_axis(found, best, 1.0, axis=-1)
            return found
        found = np.exp(log_softmax(logits.astype(np.float64) / self.temperature))
        if 0 < self.top_k < found.shape[-1]:
            least = np.partition(found, -self.top_k, axis=-1)[..., -self.top_k, None]
            found = np.where(found >= least, found, 0.0)
        if self.top_p < 1.0:
            order = np.argsort(-found, axis=-1, kind="stable")
            ranked = np.take_along_axis(found, order, axis=-1) / found.sum(axis=-1, keepdims=True)
            before = ranked.cumsum(axis=-1) - ranked
            kept = np.empty(found.shape, bool)
            np.put_along_axis(kept, order, before < self.top_p, axis=-1)
            found = np.where(kept, found, 0.0)
        share: Floats = found / found.sum(axis=-1, keepdims=True)
        return share


def drawn(probabilities: Floats, draw: Draw) -> int:
    """A token from ``probabilities``, ``[vocabulary]``; of a certain one no number is drawn."""
    best = int(probabilities.argmax())
    if probabilities[best] == 1.0:
        return best
    total = probabilities.cumsum()
    at = int(np.searchsorted(total, draw() * total[-1], side="right"))
    return min(at, int(np.flatnonzero(probabilities)[-1]))


def draws(seed: int, text: str) -> Draw:
    """Draws that depend on ``seed`` and ``text`` alone, so that no batch changes an answer."""
    digest = hashlib.sha256(f"{seed}:{text}".encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little")).random
