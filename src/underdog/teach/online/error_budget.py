"""How many answers may differ from the large model's, and how much of that is used up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...runtime.registry import register
from .undetected_errors import SHARES, affordable, price, undetected_bound

HASTE = 2.0
"""How many times as fast as evenly the budget is spent at most, where earlier answers spared it."""

PATIENCE = 8.0
"""Finds of audits that the estimate of doubt is trusted like, before those that came."""


@register("online.account")
@dataclass(eq=False)
class ErrorBudget:
    """The limit that at most a share ``risk`` of the answers differ from the large model's.

    It is a share of all answers so far, and at least of ``within`` answers, so that errors are
    allowed from the first one on. With ``each`` it is kept per label: a share of the texts to
    which the large model would give that label. ``found`` counts the differences that audits
    found: one number, or one per label that was missed. ``heard`` and ``given`` count the labels
    given by the large and by the small model, both ``[labels]``. ``proven`` is an upper bound on
    all undetected differences so far. ``spent`` is what the differences found have taken from the
    evidence, ``[kinds, alternatives]``, and ``expected`` how many were to be found by the small
    model's own doubt. All three are None in a state saved by an older version.
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
    proven: float | None = None
    spent: Floats | None = None
    expected: float | None = None

    def __post_init__(self) -> None:
        for name in ("heard", "given", "found", "least"):
            setattr(self, name, list(getattr(self, name)))  # a saved list comes back as a tuple
        even = np.outer(self.found, price(self.audit, self.audit))
        self.spent = even if self.spent is None else np.array(self.spent)  # a saved one is frozen
        if self.expected is None:
            self.expected = float(sum(self.found))

    @classmethod
    def empty(
        cls, labels: int, risk: float, delta: float, audit: float, within: int, each: bool
    ) -> ErrorBudget:
        """The budget for ``labels`` labels before the first answer."""
        kinds = labels if each else 1
        nothing = [0] * labels
        zeros = [0.0] * kinds
        return cls(
            risk, delta, audit, within, each, nothing, nothing, [0] * kinds, zeros, 0, 0.0,
            np.zeros((kinds, len(SHARES))), 0.0,
        )  # fmt: skip

    @property
    def undetected(self) -> list[float]:
        """Upper bounds on the undetected differences of each kind; all hold at once."""
        pairs = zip(self._spent, self._terms(), strict=True)
        return [undetected_bound(taken, *terms) for taken, terms in pairs]

    @property
    def share(self) -> float:
        """An upper bound on the share of the answers so far that differ."""
        most = sum(self.undetected) if self.proven is None else self.proven
        return min(most, float(sum(self.given))) / max(1, self.answers)

    @property
    def open(self) -> tuple[bool, ...]:
        """Whether the budget allows an error in giving each label, ``[labels]``.

        The bounds grow only with differences that audits find, so the limit holds as long as
        answers are given only while the bounds are within it.
        """
        pairs = zip(self.undetected, self._masses(), strict=True)
        room = [bound <= self.risk * mass for bound, mass in pairs]
        return tuple(
            all(r for kind, r in enumerate(room) if not (self.each and kind == k))
            for k in range(len(self.heard))
        )

    def fix_base(self) -> None:
        """Fix the least number of texts that errors are a share of, before any local answer."""
        heard = max(1, sum(self.heard))
        self.least = (
            [self.within * n / heard for n in self.heard] if self.each else [float(self.within)]
        )

    def add_given(self, label: int) -> None:
        """Record an unaudited answer of the small model.

        All bounds hold at once, and an answer adds one difference at most: so the undetected
        differences are never more than an earlier bound plus the answers given since. A bound that
        jumps because an audit found a difference does not raise ``proven``.
        """
        self.given[label] += 1
        if self.proven is not None:
            self.proven = min(self.proven + 1.0, sum(self.undetected))

    def add_found(self, label: int, rate: float | None = None) -> None:
        """Record a difference that an audit found; ``label`` is the large model's, -1 for none.

        ``rate`` is how often such an answer was audited: ``audit`` unless it is given.
        """
        taken = price(rate or self.audit, self.audit)
        kinds = [*range(len(self.found))] if label < 0 else [label if self.each else 0]
        for kind in kinds:
            self.found[kind] += 1
            self._spent[kind] += taken

    def expect(self, finds: float) -> None:
        """Record how many differences an answer was expected to show if it was audited or not."""
        self.expected = (self.expected or 0.0) + finds

    @property
    def doubted(self) -> float:
        """How many times as many differences audits find as the small model's doubt expects."""
        return (sum(self.found) + PATIENCE) / ((self.expected or 0.0) + PATIENCE)

    def allowed(self, each: Floats | None = None) -> Floats:
        """The share of the traffic that may be answered with each label and differ, ``[labels]``.

        Spreads evenly what the budget will allow after twice as many answers as now, and, before
        ``within``, what it allows there: it does not grow until then, and where it is used up the
        small model may not answer at all, not even what it is surest of. Less if audits found more
        differences than that so far; up to `HASTE` times as much if they found fewer, since there
        were none while the small model learned. ``each`` is what a
        difference is expected to take from the evidence; by default, what one takes that is audited
        like the surest answers.
        """
        if each is None:
            each = self.audit * price(self.audit, self.audit)
        whole = max(self.within, self.answers)
        ends = {max(self.within, 2 * self.answers)}
        if self.answers < self.within:
            ends.add(self.within)
        shares = []
        for taken, mass, terms in zip(self._spent, self._masses(), self._terms(), strict=True):
            least = np.inf
            for end in ends:
                credit = self.risk * mass * end / whole
                most = affordable(credit, np.zeros_like(each), each, *terms)
                left = affordable(credit, taken, each, *terms)
                least = min(least, HASTE * most / end, left / (end - self.answers))
            shares.append(least)
        if not self.each:
            return np.full(len(self.heard), shares[0])
        return (sum(shares) - np.array(shares)) / max(1, len(shares) - 1)

    @property
    def _spent(self) -> Floats:
        assert self.spent is not None
        return self.spent

    def _terms(self) -> Iterator[tuple[float, float, float]]:
        """For each kind: what its bound is planned for, the least rate of audits, and its level."""
        for least in self.least:
            yield self.risk * (least or self.within), self.audit, self.delta / len(self.found)

    def _masses(self) -> Sequence[float]:
        """The number of texts that each kind of difference is a share of.

        The texts of a label are at least those to which the large model gave it, and those to which
        the small model gave it, minus its possible errors.
        """
        if not self.each:
            return [max(float(self.answers), self.least[0])]
        total = sum(self.undetected)
        return [
            max(heard + given - (total - bound), float(heard), least)
            for heard, given, bound, least in zip(
                self.heard, self.given, self.undetected, self.least, strict=True
            )
        ]
