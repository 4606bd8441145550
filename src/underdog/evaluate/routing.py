"""How good a router between a weak and a strong model is: RouteLLM's measures.

(Ong et al., RouteLLM, ICLR 2025; the paper's definitions, on the grid of thresholds of its
evaluation program.) They compare with routing at random, and say nothing about money.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.cost import Floats
from ..core.errors import UnderdogError


@dataclass(frozen=True, eq=False)
class CallCurve:
    """Quality bought by calls: ``quality[i]`` when the strong model gets the share ``calls[i]``.

    Both ascend from the weak model alone (no calls) to the strong one alone.
    """

    calls: Floats
    quality: Floats

    @classmethod
    def of(cls, scores: Floats, weak: Floats, strong: Floats, steps: int = 10) -> CallCurve:
        """The curve of sending the texts with the highest ``scores`` to the strong model.

        ``weak`` and ``strong`` are the qualities of the two models' answers, ``[texts]``.
        Thresholds are the quantiles of the scores in ``steps`` equal parts; equal scores stay
        together.
        """
        thresholds = np.quantile(scores, np.linspace(1, 0, steps + 1))
        calls, quality = [0.0], [float(weak.mean())]
        for threshold in thresholds[1:]:
            called = scores >= threshold
            calls.append(float(called.mean()))
            quality.append(float(np.where(called, strong, weak).mean()))
        return cls(np.array(calls), np.array(quality))

    @property
    def apgr(self) -> float:
        """Average performance gap recovered: 0.5 is random, 1 would be the strong one for free.

        The area under the curve, between the weak model (0) and the strong one (1).
        """
        weak, strong = self.quality[0], self.quality[-1]
        self._refuse_no_gap()
        return float(np.trapezoid((self.quality - weak) / (strong - weak), self.calls))

    def cpt(self, share: float) -> float:
        """The least percentage of calls that recovers ``share`` of the gap between the models.

        CPT50 is ``cpt(0.5)``. Linear between points; the first crossing where the curve dips.
        """
        self._refuse_no_gap()
        wanted = self.quality[0] + share * (self.quality[-1] - self.quality[0])
        so_far = np.maximum.accumulate(self.quality)
        after = int(np.argmax(so_far >= wanted - 1e-12))
        if not after:
            return 100 * float(self.calls[0])
        before = after - 1
        part = (wanted - so_far[before]) / (so_far[after] - so_far[before])
        return 100 * float(self.calls[before] + part * (self.calls[after] - self.calls[before]))

    def _refuse_no_gap(self) -> None:
        if not self.quality[-1] > self.quality[0]:
            raise UnderdogError(
                "the strong model is no better than the weak one: there is no gap to recover",
                "use the weak one alone",
            )
