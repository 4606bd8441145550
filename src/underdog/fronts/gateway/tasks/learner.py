"""The small model of one task, its guarantee, and which model answers a text.

The guarantee, its audits and the tests for drift are those of `underdog.teach.online`. A `Stream`
takes texts one after the other; a gateway has many under way at once. So a `Choice` is made when a
request comes, with random numbers of its own, and entered when its reply is there.
"""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core.answer import Answers
from ....core.data import Dataset, Task, Text
from ....core.protocols import Model
from ....teach.deferral.thresholds import HeldOutAnswers
from ....teach.online.stream import CHECK, Decisions, Stream, Term
from ....teach.online.summary import Summary
from ....teach.online.undetected_errors import audit_rates
from .likeness import Gated

WINDOW = 20_000
"""Texts after which the test for changed texts begins with new references: memory is bounded."""

NO_COINS = np.zeros((1, 2))


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided for a text, by the models of ``term``.

    ``said`` is the small model's label as an index, -1 if it has none. ``sure``: its
    ``confidence`` reaches the threshold ``limit``, and the text is not ``strange``. ``open``: the
    allowance is not used up. ``able``: it may answer. ``audit``: the text was drawn for an audit,
    at its ``rate``; ``random``: it would be at the rate of the surest answers.
    """

    term: Term
    sentinel: Model
    said: int
    sure: bool
    able: bool
    audit: bool
    doubt: float
    belief: float
    coin: float
    rate: float
    random: bool
    confidence: float = 0.0
    limit: float = 0.0
    strange: bool = False
    open: bool = False

    @property
    def local(self) -> bool:
        """Whether the small model answers."""
        return self.able and not self.audit

    @property
    def why(self) -> str:
        """Why the large model is asked, in words; empty if it is not."""
        if self.local:
            return ""
        if self.audit:
            return "audit"
        if self.strange:
            return "unlike the training texts"
        return "allowance used up or mode" if self.sure else "not sure"


class Learner:
    """The state of one task's learning. Every method may be called from any thread."""

    def __init__(self, stream: Stream, seed: int | None = None) -> None:
        self.stream = stream
        self.lock = threading.Lock()
        self._random = np.random.default_rng(seed)
        self._looked = stream.position
        self._loose: list[tuple[Text, str, float]] = []

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the task."""
        return self.stream.task.labels

    @property
    def summary(self) -> Summary:
        """What is guaranteed in the present term."""
        with self.lock:
            return self.stream.summary

    @property
    def models(self) -> tuple[Model, Model] | None:
        """The small model and the one that watches for changed texts; None before there are any."""
        term = self.stream.now
        if term.student is None or term.sentinel is None or term.record is None:
            return None
        return term.student, term.sentinel

    @property
    def due(self) -> bool:
        """Whether there are enough labels for the next fit."""
        term = self.stream.now
        return term.asked >= term.due

    def look(self) -> None:
        """Let what audits found decide how much the small model may answer from now on.

        It takes some milliseconds after `CHECK` more answers, and no time before. Requests do not
        wait for it: it is worked out from a copy.
        """
        with self.lock:
            stream, term = self.stream, self.stream.now
            record, account = term.record, deepcopy(term.account)
            if record is None or stream.position < self._looked + CHECK:
                return
            self._looked = stream.position
        limits = stream.limits(term, account)
        with self.lock:
            if self.stream.now is term and term.record is record:
                term.limits, term.open = limits, term.account.open

    def choose(
        self, own: Answers, watched: Answers, share: float, text: str | None = None
    ) -> Choice | None:
        """Decide one text from the answers of `models`; ``share`` of those able may be local.

        Where the ``text`` is given, it must also be like those that the small model learned from.
        """
        with self.lock:
            stream, term = self.stream, self.stream.now
            if term.record is None or term.sentinel is None:
                return None
            said = int(own.indices(self.labels)[0])
            confidence = float(own.confidence[0])
            limit = term.limits[said] if said >= 0 else 1.0
            sure = said >= 0 and bool(confidence >= limit)
            strange = sure and text is not None and _strange(term.student, text)
            sure = sure and not strange
            free = sure and term.open[said]
            audit, coin, lot = self._random.random(3)
            doubt = term.record.expected(np.array([confidence]))
            rate = float(audit_rates(doubt, stream.audit, stream.risk)[0])
            return Choice(
                term,
                term.sentinel,
                said,
                sure,
                bool(free and lot < share),
                bool(audit < rate),
                float(doubt[0]),
                float(watched.matrix(self.labels)[0, 0]),
                float(coin),
                rate,
                bool(audit < stream.audit),
                confidence,
                float(limit),
                strange,
                bool(free),
            )

    def given(self, choice: Choice) -> None:
        """Enter a text that the small model answered."""
        with self.lock:
            if self._current(choice):
                self.stream.take(_decisions(choice), {})
                self._trim()
            else:  # decided just before a change: counted where it happened to arrive
                self.stream.position += 1
                self.stream.now.account.answers += 1
                if choice.said >= 0 and choice.term is self.stream.now:
                    self.stream.now.account.add_given(choice.said)

    def heard(self, choice: Choice | None, text: Text, label: str) -> float:
        """Enter the large model's reply to a text; how many texts of the traffic it stands for."""
        with self.lock:
            if choice is not None and self._current(choice):
                term = choice.term
                self.stream.take(_decisions(choice), {0: (text, label)})
                self._trim()
            else:
                term = self.stream.now
                self._late(choice, text, label)
            weight = term.weights[-1] if term.weights else 0.0
            for column in (term.texts, term.values, term.weights):
                column.clear()  # examples are kept in the database
            return weight

    def adopt(self, term: Term, record: HeldOutAnswers, student: Model) -> bool:
        """Take over a fitted small model, unless its term is over."""
        with self.lock:
            if self.stream.now is not term:
                return False
            self.stream.adopt(record, student)
            return True

    def postpone(self) -> Term:
        """Set when the next fit is due, as after one; the present term."""
        with self.lock:
            self.stream.examples()
            return self.stream.now

    def restart(self, why: str, labels: tuple[str, ...] | None = None) -> None:
        """Begin a new term: all texts go to the large model again. ``labels`` may be new ones."""
        with self.lock:
            if labels is not None:
                task = Task(self.stream.task.name, labels, self.stream.task.instruction)
                self.stream.task = task
            self.stream.restart(why)

    def _current(self, choice: Choice) -> bool:
        term = self.stream.now
        return choice.term is term and choice.sentinel is term.sentinel

    def _late(self, choice: Choice | None, text: Text, label: str) -> None:
        """Enter a reply to a text that was decided without the present models."""
        term = self.stream.now
        k = self.labels.index(label) if label in self.labels else -1
        self.stream.position += 1
        term.account.answers += 1
        term.asked += 1
        if k >= 0:
            term.account.heard[k] += 1
            term.texts.append(text)
            term.values.append(label)
            term.weights.append(1.0)
        if choice is not None and choice.term is term and choice.audit and choice.able:
            if k >= 0:
                term.weights[-1] = 1.0 / choice.rate
            if choice.said != k:
                term.account.add_found(k, choice.rate)
                term.open = term.account.open

    def _trim(self) -> None:
        texts = self.stream.now.watch.texts
        if len(texts.past) > WINDOW:
            texts.forget()


def dataset(stream: Stream, rows: list[tuple[str, str, float]]) -> Dataset | None:
    """The examples ``rows`` (text, label, weight) as a fit wants them; None while too few."""
    term = Term(0, stream.now.account, stream.now.watch)
    for text, label, weight in rows:
        if label in stream.task.labels:
            term.texts.append(text)
            term.values.append(label)
            term.weights.append(weight)
    other = Stream(
        stream.task,
        stream.risk,
        stream.delta,
        stream.audit,
        stream.within,
        stream.each,
        stream.seed,
    )
    other.term = term
    return other.examples()


def _strange(student: Model | None, text: str) -> bool:
    return isinstance(student, Gated) and student.likeness.strange(text)


def _decisions(choice: Choice) -> Decisions:
    """A choice as the stream takes it.

    A strange text counts as one without an answer: it always goes to the large model, so among the
    sure ones it would be seen too often by the tests that compare errors with confidences.
    """
    coins = NO_COINS.copy()
    coins[0, 1] = choice.coin
    said = -1 if choice.strange else choice.said
    return Decisions(
        np.array([said], np.intp),
        np.array([choice.doubt]),
        np.array([choice.belief]),
        np.array([choice.sure]),
        np.array([choice.able]),
        np.array([choice.audit]),
        coins,
        np.array([choice.rate]),
        np.array([choice.random]),
    )


def fresh(name: str, labels: tuple[str, ...], rules: Any) -> Stream:
    """The stream of a new task under the rules of `Settings`."""
    stream = Stream(
        Task(name, labels), rules.risk, rules.delta, rules.audit, rules.within, False, 0
    )
    stream.now.due = rules.start
    return stream
