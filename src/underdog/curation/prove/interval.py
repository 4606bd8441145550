"""The interval of a difference that varies with the texts and with the random seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats


@dataclass(frozen=True)
class Difference:
    """A mean difference and its 95 % interval; positive is better."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"

    def __neg__(self) -> Difference:
        return Difference(-self.mean, -self.high, -self.low)


def difference(values: Floats) -> Difference:
    """The mean of paired differences, ``[seeds, texts]``, with its interval.

    Two sources of chance add up: which texts were held out, and the seed. The degrees of freedom
    are Satterthwaite's (Biometrics, 1946), so three seeds that differ give a wide interval.
    """
    from scipy.stats import t

    seeds, texts = values.shape
    by_text, by_seed = values.mean(axis=0), values.mean(axis=1)
    parts = [(float(by_text.var(ddof=1)) / texts, texts - 1)] if texts > 1 else []
    if seeds > 1:
        parts.append((float(by_seed.var(ddof=1)) / seeds, seeds - 1))
    variance, mean = sum(v for v, _ in parts), float(values.mean())
    if not variance:
        return Difference(mean, mean, mean)
    freedom = variance**2 / sum(v**2 / df for v, df in parts if v)
    wide = float(t.ppf(0.975, max(1.0, freedom))) * np.sqrt(variance)
    return Difference(mean, mean - wide, mean + wide)
