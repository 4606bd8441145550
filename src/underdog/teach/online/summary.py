"""What an online cascade guarantees after the answers so far, as data and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...runtime.registry import register


@register("online.summary")
@dataclass(frozen=True)
class Summary:
    """What is guaranteed after the answers so far; valid after every answer.

    ``found`` counts the differences that audits found, ``share`` bounds the undetected ones as a
    share of the answers so far.
    """

    term: int
    answers: int
    asked: int
    risk: float
    delta: float
    within: int
    each: bool
    found: int
    share: float
    alarms: tuple[tuple[int, str], ...]

    @property
    def differ(self) -> int:
        """The most answers so far that may differ."""
        return int(np.floor(self.share * self.answers + 1e-9))

    @property
    def allowed(self) -> int:
        """The most answers that may differ: of those so far, and at least of ``within``."""
        return int(self.risk * max(self.answers, self.within))

    def __str__(self) -> str:
        count = max(self.answers, self.within)
        base = f"the first {count:,} answers" if self.answers < count else "all answers so far"
        allowed = f", that is {self.allowed:,}"
        if self.each:
            base, allowed = f"the texts of each label among {base}", ""
        alarms = ", ".join(f"{kind} after {at:,} answers" for at, kind in self.alarms)
        return "\n".join(
            [
                f"Term {self.term}: {self.answers:,} answers, {self.asked:,} by the large model. "
                f"At most {self.differ:,} differ from its answers ({self.found} differences were "
                "found by random audits).",
                f"  guarantee at most {self.risk:.2%} of {base} differ{allowed}; "
                f"with probability {1 - self.delta:.0%}, at every moment",
                "  method    betting bound (Ville), valid however often it is read",
                "  assumes   the large model would have given the same answer in an audit; nothing "
                "about the traffic",
                f"  alarms    {alarms or 'none'}",
            ]
        )
