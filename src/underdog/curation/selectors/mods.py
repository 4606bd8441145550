"""Instructions that are good, cover the rest, and are needed: `Mods`, in three steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.protocols import Selector
from ...models.language.ngram import NGram
from ...runtime.registry import register
from ...runtime.schema import Number
from ...teach.distil.choosing import unlike
from ..pool import Pool, rows_of
from ..pool.pool import Rows, texts_of
from ..scoring import Ask, Combining, ranked
from .diverse import Diverse
from .perplexity import fitted, per_byte

READ = 2_000
QUALITY, MODEL = Diverse(), NGram()


@register("mods", holds={"good": Number(0, 1), "share": Number(0, 1)})
@dataclass(frozen=True)
class Mods(Combining):
    """Of the ``good`` share by ``quality``: those that cover the others, then those still needed.

    MoDS (Du et al., 2023). Half of a ``share`` of the pool is chosen to cover it (k-center). Then
    ``model``, a language model, learns these; of what it predicts badly, the other half is chosen
    in the same way. In the paper a reward model judges quality; here it is any selector, such as
    quality(chat('…')), and without one what stands for many others, since the longest do harm. Set
    ``share`` to what you keep. The good rows must fit in memory.
    """

    quality: Selector = QUALITY
    model: Any = MODEL
    good: float = 0.5
    share: float = 0.1

    def combine(self, pool: Pool, ask: Ask) -> Floats:
        """Scores, ``[size]``: above 2 what covers, above 1 what is needed, below by quality."""
        rank = ranked(ask(self.quality, None), pool.seed)
        passed = np.nan_to_num(rank, nan=-np.inf) > 1 - self.good
        data = pool.take(np.flatnonzero(passed))
        rows, texts = rows_of(data), texts_of(data)
        wanted = max(2, round(self.share * len(pool.left())))
        every, none = np.arange(len(texts)), np.zeros(0, np.intp)
        covering = unlike(texts, none, every, wanted // 2, None, pool.seed)
        found = np.array(rank)
        found[rows[covering]] = 3 - _places(covering)
        model = fitted(self.model, data.take(covering), pool.seed)
        rest = np.setdiff1d(every, covering)
        loss = per_byte(model, [texts[i][:READ] for i in rest.tolist()])
        hard = rest[np.argsort(-loss, kind="stable")[: max(1, len(rest) // 2)]]
        needed = unlike(texts, covering, hard, wanted - len(covering), None, pool.seed)
        found[rows[needed]] = 2 - _places(needed)
        return found


def _places(rows: Rows) -> Floats:
    return np.arange(len(rows)) / max(1, len(rows))
