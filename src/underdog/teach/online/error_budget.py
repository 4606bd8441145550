"""What a promise of few disagreements has room for, and what of that is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...runtime.registry import register
from .undetected_errors import affordable, unseen


@register("online.account")
@dataclass(eq=False)
class Account:
    """The promise that at most ``risk`` of the answers differ from the large model's.

    Counted against all answers, and at least against ``within`` of them, so that it can be spent
    from the first one on; with ``each``, label by label, against the texts to which the large
    model would give that label. ``found``, for each kind of disagreement (one; or one per label
    that was missed), counts what the audits found. ``heard`` and ``given`` count the labels given
    by the large and by the small model.
    """

    risk: float
    delta: float
    audit: float
    within: int
    each: bool
    heard: list[int]
    given: list[int]
    found: list[int]
    least: list[float]
    answers: int = 0

    def __post_init__(self) -> None:
        for name in ("heard", "given", "found", "least"):
            setattr(self, name, list(getattr(self, name)))  # a saved list comes back as a tuple

    @classmethod
    def empty(
        cls, labels: int, risk: float, delta: float, audit: float, within: int, each: bool
    ) -> Account:
        """The account of a promise about ``labels`` labels before the first answer."""
        kinds = labels if each else 1
        nothing = [0] * labels
        return cls(risk, delta, audit, within, each, nothing, nothing, [0] * kinds, [0.0] * kinds)

    @property
    def unseen(self) -> list[float]:
        """The most disagreements of each kind that have gone unseen; all bounds hold at once."""
        return [unseen(n, self.audit, self.delta / len(self.found)) for n in self.found]

    @property
    def share(self) -> float:
        """The most that can differ, as a share of the answers so far."""
        return min(sum(self.unseen), float(sum(self.given))) / max(1, self.answers)

    @property
    def open(self) -> tuple[bool, ...]:
        """Whether there is room for a mistake in giving each label.

        The bounds grow with what audits find, not with what they miss: as long as answers are
        given only while they are within the promise, the promise holds.
        """
        pairs = zip(self.unseen, self._masses(), strict=True)
        room = [bound <= self.risk * mass for bound, mass in pairs]
        return tuple(
            all(r for kind, r in enumerate(room) if not (self.each and kind == k))
            for k in range(len(self.heard))
        )

    def endow(self) -> None:
        """Fix, before the small model says a word, what is counted against at least."""
        heard = max(1, sum(self.heard))
        self.least = (
            [self.within * n / heard for n in self.heard] if self.each else [float(self.within)]
        )

    def find(self, label: int) -> None:
        """Enter a disagreement that an audit found: the large model says ``label``; -1, none."""
        if label < 0:
            self.found = [n + 1 for n in self.found]
        else:
            self.found[label if self.each else 0] += 1

    def allowed(self) -> Floats:
        """The share of the traffic that may be answered with each label and differ, ``[labels]``.

        As much as would spend, with an equal share for each answer from first to last, what
        there is room for when twice as many answers are given as now, or ``within``; less if
        audits found more than that on the way, but no more if they found less: that may be luck.
        """
        whole = max(self.within, self.answers)
        end = max(self.within, 2 * self.answers)
        shares = []
        for n, mass in zip(self.found, self._masses(), strict=True):
            credit = self.risk * mass * end / whole
            most = affordable(credit, self.audit, self.delta / len(self.found))
            left = max(0.0, most - n) / (end - self.answers)
            shares.append(min(most / end, left) / self.audit)
        if not self.each:
            return np.full(len(self.heard), shares[0])
        return (sum(shares) - np.array(shares)) / max(1, len(shares) - 1)

    def _masses(self) -> Sequence[float]:
        """What the promise is counted against, for each kind of disagreement.

        Texts of a label are at least those to which the large model gave it, and those to which
        the small one did, less what may be mistakes.
        """
        if not self.each:
            return [max(float(self.answers), self.least[0])]
        total = sum(self.unseen)
        return [
            max(heard + given - (total - bound), float(heard), least)
            for heard, given, bound, least in zip(
                self.heard, self.given, self.unseen, self.least, strict=True
            )
        ]
