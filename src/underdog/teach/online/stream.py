"""What an online cascade remembers: who answers, what is learnt, and when to start again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Task, Text
from ...core.protocols import Learner, Model
from ...runtime.registry import register
from ..deferral.thresholds import WEIGHT, Record, rehearse, thresholds
from .drift import Watch
from .error_budget import Account

CHECK = 100
"""Answers between two looks at whether the promise has room for more."""

START, GROWTH, LEAST = 200, 1.5, 10
"""Labels before the first fit, how many times as many before the next, and of two labels each."""

RELIEF = 4
"""How many times as many labels as the sentinel's are known when the next one is posted."""

BLOCK = 1024


@register("online.term")
@dataclass(eq=False)
class Term:
    """The time between two changes of the traffic: what was learnt in it, and its promise.

    ``texts``, ``values`` and ``weights`` are the rows that the large model labelled, and how
    much traffic each stands for. The small model may give a label with a confidence of
    ``limits`` at least, and if the label is ``open``. ``record`` is its last rehearsal.
    ``sentinel``, an earlier student, is not refitted until it has seen much less than was
    learnt since it was ``relieved``: the texts are watched through its eyes.
    """

    number: int
    account: Account
    watch: Watch
    texts: list[Text] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    asked: int = 0
    due: int = START
    student: Model | None = None
    sentinel: Model | None = None
    relieved: int = 0
    record: Record | None = None
    limits: tuple[float, ...] = ()
    open: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        for name in ("texts", "values", "weights"):
            setattr(self, name, list(getattr(self, name)))  # a saved list comes back as a tuple


@dataclass(frozen=True, eq=False)
class Plan:
    """Who answers the next texts: columns of shape ``[texts]``.

    ``said`` are the small model's labels, ``doubt`` is how likely they were to differ in its
    rehearsal, ``belief`` the sentinel's probability of the first label. The small model is
    ``sure`` enough or not; ``able``, if the promise has room too. The large model answers what
    it is not able to, and what a coin marks as ``audit``.
    """

    said: NDArray[np.intp]
    doubt: Floats
    belief: Floats
    sure: NDArray[np.bool_]
    able: NDArray[np.bool_]
    audit: NDArray[np.bool_]
    coins: Floats

    @property
    def ask(self) -> NDArray[np.bool_]:
        """Whether the large model answers."""
        return ~self.able | self.audit

    def first(self, n: int) -> Plan:
        """The plan for the first ``n`` texts."""
        return Plan(
            self.said[:n],
            self.doubt[:n],
            self.belief[:n],
            self.sure[:n],
            self.able[:n],
            self.audit[:n],
            self.coins[:n],
        )


@register("online.standing")
@dataclass(frozen=True)
class Standing:
    """A certificate that is renewed with every answer."""

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

    def __str__(self) -> str:
        whose = "texts of any label" if self.each else "answers"
        alarms = ", ".join(f"{kind} after {at:,} answers" for at, kind in self.alarms)
        return "\n".join(
            [
                f"Term {self.term}: of {self.answers:,} answers, {self.asked:,} by the large "
                f"model, at most {self.share:.2%} differ from what it would have said.",
                f"  promise   at most {self.risk:.2%} of {whose} at any moment, counted against "
                f"the first {self.within:,} until then; with probability {1 - self.delta:.0%}",
                f"  evidence  {self.found} differences found by random audits; a betting bound "
                "(Ville), valid however often it is looked at",
                "  assumes   that the large model would have said the same in an audit; nothing "
                "about the traffic",
                f"  alarms    {alarms or 'none'}",
            ]
        )


@register("online.stream")
@dataclass(eq=False)
class Stream:
    """The state of an `OnlineCascade`, and its rules; the only thing in it that changes."""

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
        """The term that runs."""
        if self.term is None:
            self.term = self._term(1)
        return self.term

    @property
    def standing(self) -> Standing:
        """What may be said of the term that runs."""
        term, account = self.now, self.now.account
        return Standing(
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

    def plan(self, own: Answers | None, watched: Answers | None, n: int) -> Plan:
        """Who answers the next ``n`` texts, of which the small model says ``own``.

        ``watched`` is what the sentinel says. The plan is shorter where enough is learnt before
        the last text to fit the small model anew.
        """
        term = self.now
        if self.position % CHECK == 0:
            term.open = term.account.open
        coins = self._coins(n)
        if own is None or watched is None or term.record is None:
            none, zero = np.zeros(n, bool), np.zeros(n)
            plan = Plan(np.zeros(n, np.intp), zero, zero, none, none, none, coins)
        else:
            where = {label: k for k, label in enumerate(self.task.labels)}
            said = np.array([where.get(value, -1) for value in own.values], np.intp)
            sure = (said >= 0) & (own.confidence >= np.array(term.limits)[said])
            able = sure & np.array(term.open)[said]
            doubt = term.record.expected(own.confidence)
            belief = watched.matrix(self.task.labels)[:, 0]
            plan = Plan(said, doubt, belief, sure, able, coins[:, 0] < self.audit, coins)
        enough = np.flatnonzero(np.cumsum(plan.ask) >= term.due - term.asked)
        return plan.first(int(enough[0]) + 1) if len(enough) else plan

    def take(self, plan: Plan, replies: Mapping[int, tuple[Text, str]]) -> int:
        """Enter what was planned, with the large model's replies by row; how far it held good.

        What audits and tests find may end the plan early: the rest is to be planned anew.
        """
        for i in range(len(plan.said)):
            term = self.now
            before = term.open
            self.position += 1
            term.account.answers += 1
            if term.student is not None:
                term.watch.see_text(plan.belief[i], plan.coins[i, 1])
            if i in replies:
                self._hear(plan, i, *replies[i])
            else:
                term.account.given[plan.said[i]] += 1
            if alarm := term.watch.alarm:
                self.alarms += ((self.position, alarm),)
                self.term = self._term(term.number + 1)
            if self.now is not term or term.open != before:
                return i + 1
        return len(plan.said)

    def learn(self, small: Learner) -> None:
        """Fit the small model anew, and decide which of its answers it may give."""
        term = self.now
        term.due = max(int(term.asked * GROWTH), term.asked + START // 4)
        often = [n for _, n in Counter(term.values).most_common(2)]
        if len(often) < 2 or often[1] < LEAST:
            return
        weights = {WEIGHT: tuple(term.weights)}
        data = Dataset(self.task, tuple(term.texts), tuple(term.values), columns=weights)
        term.record = rehearse(small, data, self.seed)
        if term.student is None:
            term.account.endow()
        term.student = small.fit(data, self.seed)
        if term.asked >= RELIEF * term.relieved:
            term.sentinel, term.relieved = term.student, term.asked
            term.watch.texts.forget()
        term.limits = thresholds(term.record, term.account.allowed(), not self.each)
        term.open = term.account.open

    def _term(self, number: int) -> Term:
        labels = len(self.task.labels)
        account = Account.empty(labels, self.risk, self.delta, self.audit, self.within, self.each)
        return Term(number, account, Watch.of(self.risk, self.audit))

    def _hear(self, plan: Plan, i: int, text: Text, value: str) -> None:
        """Learn from a reply of the large model to row ``i`` of the plan."""
        term, labels = self.now, self.task.labels
        said, audit, able = int(plan.said[i]), bool(plan.audit[i]), bool(plan.able[i])
        k = labels.index(value) if value in labels else -1
        term.asked += 1
        if k >= 0:
            term.account.heard[k] += 1
            term.texts.append(text)
            term.values.append(value)
            term.weights.append(1.0 / self.audit if able and audit else 1.0)
        if term.student is None:
            return
        if said >= 0 and (audit or not plan.sure[i]):
            term.watch.see_reply(said != k, plan.doubt[i])
        if audit:
            differs = able and said != k
            term.watch.see_audit(differs)
            if differs:
                term.account.find(k)
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
