"""The score from which a detector alarms: how often it may do so wrongly is guaranteed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ..bounds import binomial_p, upper_bound

DELTA = 0.05
"""How likely the guarantee may fail, over the draw of the texts that it rests on."""

_NAMES = (
    "machine ai llm gpt chatgpt generated model bot synthetic fake machine-written ai-generated yes"
    " true 1 hallucinated hallucination unsupported ungrounded contradicted wrong made-up"
)
ALARMS = frozenset(_NAMES.split())
"""Names of labels that are alarmed for."""


def alarm_label(labels: Sequence[str], counts: Sequence[int], named: str) -> str:
    """The label that an alarm stands for: the one ``named``, else by its name, else the rarer one.

    Raises `UnderdogError` unless there are two ``labels`` and ``named`` is one of them.
    """
    if len(labels) != 2:
        raise UnderdogError(
            f"a detector separates two labels, and there are {len(labels)}",
            "map them to two: --map; or use a recipe for several: linear()",
        )
    if named:
        if named not in labels:
            raise UnderdogError(
                f"there is no label {named!r} to alarm for",
                f"one of the two: alarm={labels[0]!r} or alarm={labels[1]!r}",
            )
        return named
    telling = [label for label in labels if label.strip().lower().replace(" ", "-") in ALARMS]
    if len(telling) == 1:
        return telling[0]
    return labels[int(np.argmin(counts))]


@dataclass(frozen=True)
class FalseAlarms:
    """An alarm from ``threshold`` on is false for at most ``bound`` of the texts without cause.

    With probability 1 - `DELTA`, over ``n`` such texts that were not learned from; ``observed`` is
    their share above it. ``kept`` says whether ``bound`` is at most the rate that was asked for.
    """

    threshold: float
    rate: float
    bound: float
    observed: float
    n: int

    @property
    def kept(self) -> bool:
        """Whether the rate that was asked for is guaranteed."""
        return self.bound <= self.rate + 1e-12

    @property
    def sentence(self) -> str:
        """The guarantee in words, or what it lacks."""
        if self.kept:
            return (
                f"at most {self.rate:.1%} of the texts without cause raise an alarm, with"
                f" probability {1 - DELTA:.0%} ({self.observed:.1%} of {self.n:,} held-out ones do)"
            )
        return (
            f"{self.n:,} held-out texts without cause cannot guarantee {self.rate:.1%} false"
            f" alarms: none of them raises one, which guarantees {self.bound:.1%}"
        )


def few_false_alarms(scores: Floats, rate: float) -> FalseAlarms:
    """The lowest threshold whose rate of false alarms is at most ``rate``, by the exact binomial.

    ``scores``, ``[texts]``, are those of held-out texts without cause for an alarm. A fixed
    number of them may lie above the threshold, so that the guarantee does not depend on where.
    """
    falling = np.sort(scores)[::-1]
    n = len(falling)
    if not n:
        return FalseAlarms(np.inf, rate, 1.0, 0.0, 0)
    allowed = 0
    while allowed + 1 < n and binomial_p(allowed + 1, n, rate) <= DELTA:
        allowed += 1
    threshold = float(falling[allowed]) if binomial_p(allowed, n, rate) <= DELTA else falling[0]
    above = int((scores > threshold).sum())
    return FalseAlarms(float(threshold), rate, float(upper_bound(allowed, n, DELTA)), above / n, n)
