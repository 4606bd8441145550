"""A small model that learns from traffic; random audits guarantee its error rate."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answer, Answers
from ...core.cost import FIELDS, Ledger
from ...core.data import Text
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fitted
from ...core.task import require_kind
from ...runtime.registry import register
from ...runtime.schema import Number
from .refit import Small
from .stream import CHECK, Stream
from .summary import Summary


@register(
    "online",
    sample="online(bayes(), majority())",
    holds={
        "risk": Number(0, 1),
        "delta": Number(0, 1),
        "audit": Number(0, 1),
        "within": Number(1, 10**9),
    },
)
@dataclass(frozen=True)
class Online:
    """Starts with ``large`` for every text, learns from its answers, and lets ``small`` take over.

    Online cascade learning (Nie et al., ICML 2024) with a guarantee: at most a share ``risk`` of
    all answers in a term differ from what ``large`` would have answered. With ``each``, this holds
    for every label, among the texts to which ``large`` gives that label, so that rare labels are
    protected. It holds at every moment at once, with probability ``1 - delta``, whatever the
    traffic: it depends only on the random draws that send a share ``audit`` of the small model's
    answers to ``large`` instead, permanently; of doubtful answers a larger share. Differences are
    counted against the answers so far, and at least against the first ``within``. See
    `undetected_bound`.

    A term ends when a test finds that the traffic has changed (`Watch`). Then every text goes to
    ``large`` again, the labels of the old term are dropped, and a new term with its own guarantee
    begins.

    ``small`` may be several recipes, as in ``online([linear(), frozen()], ...)``: they are pooled,
    each with the weight that its held-out answers earn it.

    `fit` passes the texts through the model as if they were traffic: it pays for the answers that
    it needs and ignores gold labels. It guarantees nothing about the accuracy of ``large``, nor
    about any single answer.
    """

    small: Small
    large: Model | Learner
    risk: float = 0.05
    delta: float = 0.05
    audit: float = 0.05
    within: int = 10_000
    each: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.small, list):
            object.__setattr__(self, "small", tuple(self.small))
        if self.small == ():
            raise UnderdogError("online needs a small model", "online([linear(), frozen()], …)")

    def fit(self, data: Data, seed: int = 0) -> Model:
        data = dataset(data)
        require_kind(data.task, "online", "label")
        for name in ("risk", "delta", "audit"):
            if not 0 < getattr(self, name) < 1:
                raise UnderdogError(
                    f"{name}={getattr(self, name):g} is not between 0 and 1", f"{name}=0.05"
                )
        stream = Stream(data.task, self.risk, self.delta, self.audit, self.within, self.each, seed)
        model = OnlineCascade(self.small, fitted(self.large, data, seed), stream)
        model.answer(data.texts)
        return model


@register("online.model")
@dataclass(eq=False)
class OnlineCascade:
    """A cascade of two models whose `answer` learns; its state is in ``stream``.

    The same texts in the same order get the same answers, whatever the batch sizes. A lock lets in
    one thread at a time.
    """

    small: Small
    large: Model
    stream: Stream
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def summary(self) -> Summary:
        """What is guaranteed after the answers so far."""
        return self.stream.summary

    def answer(self, texts: Sequence[Text]) -> Answers:
        parts: list[Answers] = []
        paid: dict[int, Answer] = {}
        done = 0
        with self._lock:
            while done < len(texts):
                upto = done + CHECK - self.stream.position % CHECK
                part = self._step(texts[done:upto], done, paid)
                parts.append(part)
                done += len(part)
        return Answers.join(parts) if parts else Answers.said((), np.zeros((0, len(FIELDS))))

    def _step(self, texts: Sequence[Text], first: int, paid: dict[int, Answer]) -> Answers:
        """The answers up to the next change of the rules, at least one.

        ``paid`` holds replies of the large model to texts that were then postponed, by position.
        They are used later: a postponed text is always asked again, since the rules only got
        stricter.
        """
        stream = self.stream
        own, watched = self._small(texts)
        plan = stream.plan(own, watched, len(texts))
        asked = np.flatnonzero(plan.ask).tolist()
        new = [i for i in asked if first + i not in paid]
        said = self.large.answer([texts[i] for i in new]) if new else []
        paid.update({first + i: answer for i, answer in zip(new, said, strict=True)})
        done = stream.take(plan, {i: (texts[i], paid[first + i].value) for i in asked})
        replies = [paid.pop(first + i) for i in asked if i < done]
        answers = _merged(own, plan.ask[:done], replies, done)
        if own is not None and done < len(own):  # billed, and to be asked again
            answers.costs[-1] += own.costs[done:].sum(axis=0)
        if stream.now.asked >= stream.now.due:
            with Ledger() as bill:
                stream.learn(self.small)
            answers.costs[-1] += bill.total.row()
        return answers

    def _small(self, texts: Sequence[Text]) -> tuple[Answers | None, Answers | None]:
        """The answers of the student, charged for the sentinel too, and those of the sentinel."""
        term = self.stream.now
        if term.student is None or term.sentinel is None:
            return None, None
        own = term.student.answer(texts)
        if term.sentinel is term.student:
            return own, own
        watched = term.sentinel.answer(texts)
        return replace(own, costs=own.costs + watched.costs), watched


def _merged(own: Answers | None, ask: NDArray[np.bool_], replies: list[Answer], n: int) -> Answers:
    """The first ``n`` answers: the small model's, or the large model's where it was asked."""
    rows = np.flatnonzero(ask)
    better = Answers.of(replies)
    if own is None:
        return better
    first = own.take(np.arange(n))
    if not len(rows):
        return Answers(first.values, first.labels, first.probs, first.costs.copy(), first.paths)
    return first.put(rows, better.after(first.take(rows)))
