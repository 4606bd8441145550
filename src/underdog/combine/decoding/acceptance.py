"""Which drafted tokens are kept, such that what is written has the law of the target alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from .sampling import Draw, drawn


@dataclass(frozen=True, eq=False)
class Acceptance:
    """``chances``, ``[drafted + 1]``: the probability that so many tokens are kept. ``then``,
    ``[drafted + 1, vocabulary]``: the distribution of the one token that is written after them.
    """

    chances: Floats
    then: Floats

    def decide(self, draw: Draw) -> tuple[int, int]:
        """How many drafted tokens are kept, and the token after them."""
        kept = drawn(self.chances, draw)
        return kept, drawn(self.then[kept], draw)


def token_by_token(target: Floats, draft: Floats, tokens: Sequence[int]) -> Acceptance:
    """Each token is kept with probability min(1, target / draft), until one is not (Leviathan et
    al., ICML 2023).

    ``target``, ``[drafted + 1, vocabulary]``, and ``draft``, ``[drafted, vocabulary]``, are the
    distributions at each place, after temperature and cuts; ``tokens`` were drawn from ``draft``.
    """
    n = len(tokens)
    at = np.arange(n)
    keep = np.minimum(1.0, target[at, tokens] / draft[at, tokens])
    chances = np.concatenate([[1.0], np.cumprod(keep)]) * np.concatenate([1.0 - keep, [1.0]])
    rest = np.maximum(target[:n] - draft, 0.0)
    return Acceptance(chances, _then(rest, target))


def block(target: Floats, draft: Floats, tokens: Sequence[int]) -> Acceptance:
    """The tokens are judged together, which keeps at least as many (Sun et al., ICLR 2025).

    Takes and gives what `token_by_token` does.
    """
    n = len(tokens)
    ratio, running = np.ones(n + 1), 1.0
    for i, token in enumerate(tokens):
        running = min(1.0, running * target[i, token] / draft[i, token])
        ratio[i + 1] = running
    rest = np.maximum(ratio[:n, None] * target[:n] - draft, 0.0)
    mass = rest.sum(axis=-1)
    holds = np.ones(n + 1)
    below = mass + 1.0 - ratio[:n]
    holds[1:n] = np.where(below[1:] > 0, mass[1:] / np.where(below[1:] > 0, below[1:], 1.0), 1.0)
    holds[n] = ratio[n]
    lost = np.concatenate([np.cumprod(1.0 - holds[:0:-1])[::-1], [1.0]])  # none after i holds
    chances = np.where(np.arange(n + 1) == 0, 1.0, holds) * lost
    return Acceptance(chances, _then(rest, target))


RULES = {"token": token_by_token, "block": block}


def _then(rest: Floats, target: Floats) -> Floats:
    """The distribution of the token after each kept prefix, ``[drafted + 1, vocabulary]``."""
    mass = rest.sum(axis=-1, keepdims=True)
    usable = mass > 0  # else the prefix is never where it ends
    before = np.where(usable, rest / np.where(usable, mass, 1.0), target[:-1])
    found: Floats = np.concatenate([before, target[-1:]])
    return found
