"""What further answers will cost, learned from what earlier ones cost and how long they were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.cost import Floats

LEAST = 10
"""Earlier answers from which a tariff is learned."""

Z = 1.959964
"""Standard errors on either side of a 95 % interval."""


@dataclass(frozen=True)
class Tariff:
    """An answer costs ``base`` plus ``rate`` for each byte asked, give or take ``spread``.

    Learned from ``answers`` earlier ones. The unit is that of the amounts: dollars, or seconds.
    """

    base: float
    rate: float
    spread: float
    answers: int

    @classmethod
    def learn(cls, sizes: Sequence[int] | Floats, amounts: Floats) -> Tariff | None:
        """The tariff of answers to texts of ``sizes`` bytes that came to ``amounts``; neither part
        of it is negative. None where fewer than `LEAST` amounts are known.
        """
        from scipy.optimize import nnls

        known = ~np.isnan(amounts)
        if known.sum() < LEAST:
            return None
        x, y = np.asarray(sizes, np.float64)[known], amounts[known]
        scale, top = max(float(x.mean()), 1.0), max(float(y.max()), 1e-300)
        (base, rate), _ = nnls(np.stack([np.ones_like(x), x / scale], axis=1), y / top)
        left = y - top * (base + rate * x / scale)
        spread = math.sqrt(float((left**2).sum()) / max(1, len(y) - 2))
        return cls(float(base * top), float(rate * top / scale), spread, len(y))

    def total(self, sizes: Sequence[int] | Floats) -> tuple[float, float, float]:
        """The expected sum for texts of ``sizes`` bytes, and its 95 % interval."""
        n = len(sizes)
        likely = self.base * n + self.rate * float(np.sum(sizes))
        slack = Z * self.spread * math.sqrt(n + n * n / self.answers)
        return likely, max(0.0, likely - slack), likely + slack
