"""The state of an online cascade: which model answers, what is learned, and when to restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Task, Text
from ...core.protocols import Model
from ...runtime.registry import register
from ..deferral.thresholds import WEIGHT, HeldOutAnswers, thresholds
from .drift import Watch
from .error_budget import ErrorBudget
from .refit import Small, trained
from .summary import Summary
from .undetected_errors import audit_rates, price

CHECK = 100
"""Answers between two checks of whether the error budget allows more."""

START, GROWTH, LEAST = 200, 1.5, 10
"""Labels before the first fit, growth factor before each refit, and examples of two labels each."""

RELIEF = 4
"""The sentinel is replaced when there are this many times as many labels as it was fitted on."""

BLOCK = 1024


@register("online.term")
@dataclass(eq=False)
class Term:
    """The period between two changes of the traffic: its labels, models and error budget.

    ``texts``, ``values`` and ``weights`` are the texts that the large model labelled, their labels,
    and how many texts of the traffic each stands for. The small model may answer with label ``k``
    if its confidence is at least ``limits[k]`` and ``open[k]``. ``record`` holds the small model's
    last cross-validated answers. ``sentinel`` is an earlier student that is refitted seldom; its
    probabilities are used to test whether the texts have changed. ``relieved`` is the number of
    labels it was fitted on.
    """

    number: int
    account: ErrorBudget
    watch: Watch
    texts: list[Text] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    asked: int = 0
    due: int = START
    student: Model | None = None
    sentinel: Model | None = None
    relieved: int = 0
    record: HeldOutAnswers | None = None
    limits: tuple[float, ...] = ()
    open: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        for name in ("texts", "values", "weights"):
            setattr(self, name, list(getattr(self, name)))  # a saved list comes back as a tuple


@dataclass(frozen=True, eq=False)
class Decisions:
    """Which model answers the next texts: columns ``[texts]``; ``coins`` is ``[texts, 2]``.

    ``said`` are the small model's labels as indices, ``doubt`` their estimated probability of
    differing from the large model's, ``belief`` the sentinel's probability of the first label.
    ``sure``: the confidence reaches the threshold. ``able``: the error budget allows it as well.
    The large model answers all texts that are not ``able``, and those drawn for an ``audit``, each
    at its ``rate``. ``random`` are those that would be audited at the rate of the surest answers:
    a fair sample of the texts.
    """

    said: NDArray[np.intp]
    doubt: Floats
    belief: Floats
    sure: NDArray[np.bool_]
    able: NDArray[np.bool_]
    audit: NDArray[np.bool_]
    coins: Floats
    rate: Floats
    random: NDArray[np.bool_]

    @property
    def ask(self) -> NDArray[np.bool_]:
        """Whether the large model answers."""
        return ~self.able | self.audit

    def first(self, n: int) -> Decisions:
        """The decisions for the first ``n`` texts."""
        return Decisions(
            self.said[:n],
            self.doubt[:n],
            self.belief[:n],
            self.sure[:n],
            self.able[:n],
            self.audit[:n],
            self.coins[:n],
            self.rate[:n],
            self.random[:n],
        )


@register("online.stream")
@dataclass(eq=False)
class Stream:
    """The state and the rules of an `OnlineCascade`; its only mutable part."""

    task: Task
    risk: float
    delta: float
    audit: float
    within: int
    each: bool
    seed: int
    position: int = 0
    term: Term | None = None
    alarms: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        self._block: tuple[int, Floats] = (-1, np.zeros((0, 2)))

    @property
    def now(self) -> Term:
        """The current term."""
        if self.term is None:
            self.term = self._term(1)
        return self.term

    @property
    def summary(self) -> Summary:
        """What is guaranteed in the current term."""
        term, account = self.now, self.now.account
        return Summary(
            term.number,
            account.answers,
            term.asked,
            self.risk,
            self.delta,
            self.within,
            self.each,
            sum(account.found),
            account.share,
            self.alarms,
        )

    def plan(self, own: Answers | None, watched: Answers | None, n: int) -> Decisions:
        """Which model answers the next ``n`` texts, given the small model's answers ``own``.

        ``watched`` are the sentinel's answers. The result covers fewer texts if there will be
        enough labels for a refit before the last one.
        """
        term = self.now
        if self.position % CHECK == 0:
            term.open = term.account.open
            if term.record is not None:  # what audits found since decides how much is left
                term.limits = self.limits(term, term.account)
        coins = self._coins(n)
        if own is None or watched is None or term.record is None:
            none, zero = np.zeros(n, bool), np.zeros(n)
            plan = Decisions(np.zeros(n, np.intp), zero, zero, none, none, none, coins, zero, none)
        else:
            said = own.indices(self.task.labels)
            sure = (said >= 0) & (own.confidence >= np.array(term.limits)[said])
            able = sure & np.array(term.open)[said]
            doubt = term.record.expected(own.confidence)
            belief = watched.matrix(self.task.labels)[:, 0]
            rate, coin = audit_rates(doubt, self.audit, self.risk), coins[:, 0]
            drawn, random = coin < rate, coin < self.audit
            plan = Decisions(said, doubt, belief, sure, able, drawn, coins, rate, random)
        enough = np.flatnonzero(np.cumsum(plan.ask) >= term.due - term.asked)
        return plan.first(int(enough[0]) + 1) if len(enough) else plan

    def take(self, plan: Decisions, replies: Mapping[int, tuple[Text, str]]) -> int:
        """Record the decisions and the large model's replies, by row; returns the rows used.

        Audits and tests may end the decisions early: the remaining rows must be decided again.
        """
        for i in range(len(plan.said)):
            term = self.now
            before = term.open
            self.position += 1
            term.account.answers += 1
            if term.student is not None:
                term.watch.see_text(plan.belief[i], plan.coins[i, 1])
                if plan.able[i]:
                    term.account.expect(float(plan.rate[i] * plan.doubt[i]))
            if i in replies:
                self._hear(plan, i, *replies[i])
            else:
                term.account.add_given(int(plan.said[i]))
            if alarm := term.watch.alarm:
                self.restart(alarm)
            if self.now is not term or term.open != before:
                return i + 1
        return len(plan.said)

    def learn(self, small: Small) -> None:
        """Refit the small model and set its thresholds."""
        if (data := self.examples()) is not None:
            self.adopt(*trained(small, data, self.seed))

    def examples(self) -> Dataset | None:
        """What a refit learns from; None while labels are too few. Sets when the next is due."""
        term = self.now
        term.due = max(int(term.asked * GROWTH), term.asked + START // 4)
        often = [n for _, n in Counter(term.values).most_common(2)]
        if len(often) < 2 or often[1] < LEAST:
            return None
        weights = {WEIGHT: tuple(term.weights)}
        return Dataset(self.task, tuple(term.texts), tuple(term.values), columns=weights)

    def adopt(self, record: HeldOutAnswers, student: Model) -> None:
        """Take over a fitted small model, and set its thresholds from its held-out answers."""
        term = self.now
        term.record = record
        if term.student is None:
            term.account.fix_base()
        term.student = student
        if term.asked >= RELIEF * term.relieved:
            term.sentinel, term.relieved = term.student, term.asked
            term.watch.texts.forget()
        term.limits = self.limits(term, term.account)
        term.open = term.account.open

    def limits(self, term: Term, account: ErrorBudget) -> tuple[float, ...]:
        """The thresholds that spend what ``account``, or a copy of it, allows in ``term``."""
        record = term.record
        assert record is not None
        rate = audit_rates(record.doubt, self.audit, self.risk)
        local = record.sure >= min(term.limits, default=0.0)
        mass = np.where(local if local.any() else True, record.doubt * record.weight, 0.0)
        each = (mass * rate) @ price(rate, self.audit) / max(mass.sum(), 1e-12)
        allowed = account.allowed(each) / account.doubted
        return thresholds(record, allowed, not self.each)

    def restart(self, why: str) -> None:
        """Begin a new term, as after an alarm: all texts go to the large model again."""
        self.alarms += ((self.position, why),)
        self.term = self._term(self.now.number + 1)

    def _term(self, number: int) -> Term:
        labels = len(self.task.labels)
        account = ErrorBudget.empty(
            labels, self.risk, self.delta, self.audit, self.within, self.each
        )
        return Term(number, account, Watch.of(self.risk, self.audit))

    def _hear(self, plan: Decisions, i: int, text: Text, value: str) -> None:
        """Learn from the large model's reply to row ``i``."""
        term, labels = self.now, self.task.labels
        said, audit, able = int(plan.said[i]), bool(plan.audit[i]), bool(plan.able[i])
        k = labels.index(value) if value in labels else -1
        term.asked += 1
        if k >= 0:
            term.account.heard[k] += 1
            term.texts.append(text)
            term.values.append(value)
            term.weights.append(1.0 / float(plan.rate[i]) if able and audit else 1.0)
        if term.student is None:
            return
        if said >= 0 and (audit or not plan.sure[i]):
            term.watch.see_reply(said != k, plan.doubt[i])
        if audit:
            differs = able and said != k
            if plan.random[i]:
                term.watch.see_audit(differs)
            if differs:
                term.account.add_found(k, float(plan.rate[i]))
                term.open = term.account.open

    def _coins(self, n: int) -> Floats:
        """Uniform numbers for the next ``n`` answers, shape ``[n, 2]``, the same in any batch."""
        found = []
        for position in range(self.position, self.position + n):
            block, at = divmod(position, BLOCK)
            if block != self._block[0]:
                self._block = block, np.random.default_rng([self.seed, block]).random((BLOCK, 2))
            found.append(self._block[1][at])
        return np.array(found).reshape(n, 2)
