"""A sharper difference between two models, where one of them also answered other texts.

The small model can be tested only on texts that it has not learned from; the large model's answers
to the training texts are on record too. If the test part happens to be an easy one for the large
model, its score there says so, and what the small model gained by that can be taken off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..core.cost import Floats
from .resample import places
from .stats import LEVEL, Paired, mcnemar

FEWEST = 100
"""Texts of either part below which the regression is not trusted."""


def controlled(
    small: Floats,
    large: Floats,
    others: Floats,
    margin: float = 0.01,
    clusters: Sequence[str] | None = None,
    other_clusters: Sequence[str] | None = None,
) -> Paired:
    """Compare as `stats.paired` does, with ``large`` known on more texts.

    ``small`` and ``large`` have the shape ``[texts]``, ``others`` the shape ``[other texts]``:
    the large model's correctness on texts drawn like these, which no cluster shares with them.
    The estimate is the regression estimator of two-phase sampling (Cochran, Sampling Techniques
    1977, section 12.6): small minus ``slope`` times large, whose slope makes it least noisy, on
    the texts that both answered; the rest of the large model's accuracy from all texts. The error
    is the sandwich variance of clusters, with one win and one loss added (Bonett & Price, JEBS
    2012) and Student's t. It is unbiased but for the slope's own error, whatever the slope is.
    """
    wins = int(((small > 0.5) & (large < 0.5)).sum())
    losses = int(((small < 0.5) & (large > 0.5)).sum())
    s, x = np.append(small, [1.0, 0.0]), np.append(large, [0.0, 1.0])
    n, whole = len(s), len(s) + len(others)
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * s).sum()) / spread if spread else 1.0
    rest = s - slope * x
    accuracy = float((x.sum() + others.sum()) / whole)
    centre = float(rest.mean() - (1 - slope) * accuracy)
    inner = (rest - rest.mean()) / n - (1 - slope) * (x - accuracy) / whole
    outer = -(1 - slope) * (others - accuracy) / whole
    count, error = _error(inner, outer, clusters, other_clusters)
    from scipy.special import stdtr, stdtrit

    reach = float(stdtrit(count - 2, (1 + LEVEL) / 2)) * error
    p = float(stdtr(count - 2, -(centre + margin) / error)) if error else 1.0
    seen = float(np.clip(centre, -1.0, 1.0))
    low, high = max(-1.0, seen - reach), min(1.0, seen + reach)
    return Paired(seen, low, high, wins, losses, mcnemar(wins, losses), p, margin, len(others))


def _error(
    inner: Floats,
    outer: Floats,
    clusters: Sequence[str] | None,
    other_clusters: Sequence[str] | None,
) -> tuple[int, float]:
    """How many clusters of tested texts there are, and the standard error over all clusters.

    The win and the loss, last in ``inner``, form clusters of their own.
    """
    tested = inner[:-2] if clusters is None else np.bincount(places(clusters), inner[:-2])
    known = outer if other_clusters is None else np.bincount(places(other_clusters), outer)
    squares = sum(float((part**2).sum()) for part in (tested, inner[-2:], known))
    return len(tested), math.sqrt(squares)
