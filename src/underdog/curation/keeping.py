"""How much is kept: a share, a number of documents or of tokens; and which documents that is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..core.cost import Floats
from ..core.errors import UnderdogError
from .pool.pool import Alive, Rows

AMOUNT = re.compile(r"([\d.,]+)\s*([kKmMbBgG]?)\s*(%|-?\s*tokens?|-?\s*documents?|)", re.I)
SCALE = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000, "g": 1_000_000_000}
MOST = 1e15
HINT = "as in: --keep 10%, --keep 5000 or --keep 1M-tokens"


@dataclass(frozen=True)
class Keep:
    """So much is kept: of documents a ``share`` or a ``number``, or so many ``tokens``."""

    share: float | None = None
    number: int | None = None
    tokens: int | None = None
    said: str = "100%"

    @classmethod
    def of(cls, said: str) -> Keep:
        """What ``said`` means: '10%', '5000', '1M-tokens'. Raises `UnderdogError` if nothing."""
        found = AMOUNT.fullmatch(said.strip())
        try:
            value = float(found[1].replace(",", "")) if found else 0.0
        except ValueError:
            value = 0.0
        if not found or not 0 < value < MOST:
            raise UnderdogError(f"{said!r} is no amount to keep", HINT)
        value *= SCALE[found[2].lower()]
        if found[3] == "%":
            if value > 100:
                raise UnderdogError(f"{said} is more than there is", HINT)
            return cls(share=value / 100, said=said)
        if value < 1:
            raise UnderdogError(f"{said!r} is less than one document", HINT)
        if "token" in found[3].lower():
            return cls(tokens=int(value), said=said)
        return cls(number=int(value), said=said)

    def chosen(self, scores: Floats, tokens: Rows, seed: int) -> tuple[Alive, str]:
        """Which documents are kept, ``[size]``, and a note where there are too few of them.

        The highest ``scores`` are; equal ones are drawn by the seed. A share is of all documents.
        A document whose score is not finite is never kept.
        """
        real = np.flatnonzero(np.isfinite(scores))
        ties = np.random.default_rng(seed).random(len(real))
        order = real[np.lexsort((ties, -scores[real]))]
        if self.tokens is not None:
            total = np.cumsum(tokens[order])
            n = int(np.searchsorted(total, self.tokens, side="right"))
            few = len(order) == 0 or int(total[-1]) < self.tokens
            wanted, there = f"{self.tokens:,} tokens", int(total[-1]) if len(total) else 0
        else:
            many = (
                self.number if self.number is not None else round((self.share or 1) * len(scores))
            )
            n, few = max(1, many), max(1, many) > len(order)
            wanted, there = f"{many:,} documents", len(order)
        kept = np.zeros(len(scores), bool)
        kept[order[:n]] = True
        whole = self.share == 1
        return kept, "" if whole or not few else (
            f"{wanted} were to be kept, but only {there:,} can be: all of them are kept"
        )
