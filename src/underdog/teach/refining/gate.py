"""Which answers are rewritten, and the proof on held-out rows that rewriting helps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...runtime.formatting import percent, points
from ...runtime.registry import register

Z = 1.959964

TRIED = 21
"""Thresholds that are tried: none, all, and those between which equal shares of the rows lie."""

ALL = 2.0
"""A threshold above every confidence: all answers are rewritten."""


@register("refined.gate")
@dataclass(frozen=True)
class Gate:
    """Answers with a confidence below ``threshold`` are rewritten, if that ``helps``.

    ``gain`` is the mean paired difference of the grades on ``rows`` held-out rows, with the 95 %
    interval from ``low`` to ``high``; ``share`` of the answers are rewritten.
    """

    threshold: float
    gain: float
    low: float
    high: float
    share: float
    rows: int

    @property
    def helps(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.low > 0

    def sentence(self, does: str = "rewrites {} of the answers", what: str = "rewriting") -> str:
        """The verdict in words; ``does`` has ``{}`` for the share of the answers it changes."""
        spread = f"{points(self.gain)} points [{points(self.low)}, {points(self.high)}]"
        found = f"{spread} on {self.rows:,} held-out rows"
        if self.helps:
            return f"{does.format(percent(self.share))}: {found}"
        return f"switched off, answers are left as they are: {what} brought {found}"


def chosen(sure: Floats, before: Floats, after: Floats, folds: NDArray[np.intp]) -> Gate:
    """The gate for answers with the confidence ``sure`` and the grades ``before`` and ``after``.

    All are ``[rows]``, from models that have not learned from the row. What the gate brings is
    measured in each of the ``folds``, ``[rows]``, with the threshold that is best on the others.
    """
    gains = np.zeros(len(sure))
    for fold in np.unique(folds):
        here = folds == fold
        threshold = _best(sure[~here], (after - before)[~here])
        gains[here] = np.where(sure[here] < threshold, (after - before)[here], 0.0)
    threshold = _best(sure, after - before)
    n = len(gains)
    mean = float(gains.mean()) if n else 0.0
    slack = Z * float(gains.std(ddof=1)) / float(np.sqrt(n)) if n > 1 else 1.0
    share = float((sure < threshold).mean()) if n else 0.0
    return Gate(threshold, mean, mean - slack, mean + slack, share, n)


def _best(sure: Floats, gains: Floats) -> float:
    """The threshold below which rewriting gains most; of equal ones that which rewrites least."""
    if not len(sure):
        return 0.0
    tried = [0.0, *np.unique(np.quantile(sure, np.linspace(0, 1, TRIED))).tolist(), ALL]
    sums = [float(gains[sure < threshold].sum()) for threshold in tried]
    return float(tried[int(np.argmax(sums))])
