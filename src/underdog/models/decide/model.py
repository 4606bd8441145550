"""A decision model as a Model: texts and labels in, probabilities and receipts out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from ...core.answer import Answers
from ...core.cost import Cost, Floats
from ...core.data import Task, Text, clean
from ...core.errors import UnderdogError
from ...core.places import orders
from ...runtime import prices, store
from ...runtime.registry import register
from ...runtime.schema import Number
from ..chat.batch import Terms
from ..chat.endpoint import Endpoint, Remote
from ..chat.settle import settled
from . import dialects
from .dialects import PATHS, Request
from .pooling import finalists, pooled, restored, spread_out
from .questions import CHOICE, MOST_QUESTIONS, SCORE, YES_NO, Question, groups, of_task
from .versions import Said, notice


@register(
    "decide",
    holds={
        "orders": Number(1, 100),
        "limit": Number(2, 255),
        "price": Number(0, 1e6),
        "concurrency": Number(1, 1000),
        "timeout": Number(0.001, 86_400),
        "retries": Number(0, 1000),
    },
)
@dataclass(frozen=True)
class Decide(Remote):
    """Asks ``model``, a decision model, which label fits each text; it writes nothing.

    Speaks OpenAI Decisions and System One: ``dialect`` is decisions or systemone; unless it is
    named, that of ``provider`` is tried first. Address and key are the provider's in the
    environment, as of `chat`: OPENAI_API_KEY, TYPESAFE_BASE_URL and so on.

    Labels are asked as a choice, with their descriptions where the task has them (--describe FILE);
    labels that are ratings (whole numbers in a row) as a score, unless ``ask='choice'``; two labels
    as yes or no where ``yes`` names the one that yes stands for. ``orders`` asks for a choice in
    so many orders of the options, in one request, and averages. More labels than ``limit`` are
    asked in groups, and the best of each group once more. ``labels`` are what bare texts are
    decided among, where no task brings its own.

    Every answer has probabilities; a refusal, or an answer that is missing, is an abstention. The
    path of an answer names the version of the model that gave it; two versions in one study are
    told. ``price`` is dollars per million tokens read, for models without a list price. Receipts,
    retries and the store of paid answers are those of `chat`.
    """

    model: str
    labels: tuple[str, ...] = ()
    yes: str | None = None
    ask: str | None = None
    orders: int = 1
    limit: int = 255
    dialect: str | None = None
    provider: str = "openai"
    price: float | None = None
    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 4

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        for name, known in (("dialect", PATHS), ("ask", (CHOICE, SCORE))):
            value = getattr(self, name)
            if value is not None and value not in known:
                raise UnderdogError(
                    f"decide knows no {name}={value!r}", f"one of {', '.join(known)}"
                )
        if self.provider == "anthropic":
            raise UnderdogError(
                "anthropic has no decision models", f"ask it to write: chat({self.model!r})"
            )
        if self.orders > 1 and (self.yes is not None or self.ask == SCORE):
            raise UnderdogError(
                "only the options of a choice have an order that can be changed",
                f"try decide({self.model!r}, orders={self.orders})",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        """One of ``labels`` for each text; `UnderdogError` where the model has none."""
        if not self.labels:
            raise UnderdogError(
                "a decision model chooses among labels, and was given none",
                f"name them: decide({self.model!r}, labels=['a', 'b'])",
            )
        return self.choose(texts, self.labels)

    def choose(self, texts: Sequence[Text], labels: Sequence[str]) -> Answers:
        """One of ``labels`` for each text, as `Chooser` has it."""
        return self.decide(texts, Task("", tuple(labels)))

    def decide(self, texts: Sequence[Text], task: Task) -> Answers:
        """One of the labels of ``task`` for each text, as `Decider` has it.

        Raises `UnderdogError` if the labels cannot be options, or the model cannot be asked.
        """
        question = self._question(task)
        if len(question.options) > self.limit and question.kind == CHOICE:
            said, costs = self._in_two_stages(texts, question)
        else:
            turns = self._turns(len(question.options), question)
            asked = tuple([question.take(turn) for turn in turns])
            raw, costs = self._asked([(text, asked) for text in texts])
            said = [(version, restored(found, turns)) for version, found in raw]
        return self._answers(said, costs, task.labels, question)

    def probabilities(
        self, texts: Sequence[Text], questions: Sequence[Question]
    ) -> tuple[Floats, Floats]:
        """What the model says to each question about each text, in one request per text.

        Of yes or no, the probability of yes; of a score, the mean level from 0 to 1: an array
        ``[texts, questions]``, NaN where there was no answer; and the receipts, ``[texts, 6]``.
        Raises `UnderdogError` if there are too many questions, or the model cannot be asked.
        """
        if len(questions) > MOST_QUESTIONS:
            raise UnderdogError(
                f"{len(questions):,} questions about a text", f"ask {MOST_QUESTIONS} at most"
            )
        said, costs = self._asked([(text, tuple(questions)) for text in texts])
        shown = np.full((len(texts), len(questions)), np.nan)
        for row, (_, found) in zip(shown, said, strict=True):
            for k, one in enumerate(found):
                if one.p is not None:
                    levels = np.linspace(0, 1, len(one.p))
                    row[k] = one.p[0] if questions[k].kind == YES_NO else levels @ np.array(one.p)
        return shown, costs

    def estimate(self, texts: Sequence[Text], task: Task) -> Cost:
        """What asking about ``texts`` would cost, without asking; see `Chat.estimate`."""
        endpoint = self._endpoint()
        requests = [self._request(text, self._first(task)) for text in texts]
        left = {_key(endpoint, r): json.dumps(dialects.body(r, self._words())) for r in requests}
        kept = store.current()
        on_file = kept.get(list(left)) if kept else {}
        prompts = [prompt for key, prompt in left.items() if key not in on_file]
        rate = None if self.price is None else (self.price, 0.0)
        seller = dialects.SELLERS.get(self.provider, self.provider) if endpoint.public else ""
        where = (seller, "") if seller else (self.provider, endpoint.url)
        cost = prices.estimate(self.model, prompts, 0, *where, rate)
        return cost if endpoint.priced or rate else replace(cost, dollars=None)

    def shown(self, text: Text, task: Task) -> str:
        """The request about ``text`` as it would be sent."""
        plain = dialects.body(self._request(text, self._first(task)), self._words())
        return json.dumps(plain, indent=1, ensure_ascii=False)

    def _words(self) -> str:
        return self.dialect or dialects.HOME.get(self.provider, dialects.SYSTEM_ONE)

    def _first(self, task: Task) -> tuple[Question, ...]:
        """The questions of the first request about a text."""
        question = self._question(task)
        if len(question.options) > self.limit and question.kind == CHOICE:
            return tuple([question.take(g) for g in groups(len(question.options), self.limit)])
        return tuple([question.take(t) for t in self._turns(len(question.options), question)])

    def _question(self, task: Task) -> Question:
        return of_task(task, CHOICE if self.orders > 1 else self.ask, self.yes)

    def _turns(self, options: int, question: Question) -> list[tuple[int, ...]]:
        return orders(options, self.orders if question.kind == CHOICE else 1)

    def _in_two_stages(
        self, texts: Sequence[Text], question: Question
    ) -> tuple[list[Said], Floats]:
        """The best options of each group, then one choice among those: the rest have no chance."""
        parts = list(groups(len(question.options), self.limit))
        first, costs = self._asked(
            [(text, tuple([question.take(part) for part in parts])) for text in texts]
        )
        each = self.limit // len(parts)
        if not each:
            raise UnderdogError(
                f"{len(question.options):,} labels are too many for {self.limit} options at a time",
                f"at most {self.limit**2:,} labels can be asked in two stages",
            )
        finals = [finalists(found, parts, each) for _, found in first]
        some = [i for i, final in enumerate(finals) if len(final) > 1]
        turns = [self._turns(len(finals[i]), question) for i in some]
        asked = [
            tuple([question.take([finals[i][k] for k in turn]) for turn in mine])
            for i, mine in zip(some, turns, strict=True)
        ]
        last, more = self._asked([(texts[i], a) for i, a in zip(some, asked, strict=True)])
        costs[some] += more
        said = [(version, found[:1]) for version, found in first]  # a refusal stays one
        for i, mine, (version, found) in zip(some, turns, last, strict=True):
            spread = [
                spread_out(one, finals[i], len(question.options)) for one in restored(found, mine)
            ]
            said[i] = version, spread
        return said, costs

    def _asked(
        self, wanted: Sequence[tuple[Text, tuple[Question, ...]]]
    ) -> tuple[list[Said], Floats]:
        """What the model says to the questions about each text, and a receipt per text."""
        endpoint = self._endpoint()
        requests = [self._request(text, questions) for text, questions in wanted]
        keyed = [(_key(endpoint, request), request) for request in requests]
        kept = store.current()
        have = kept.get([key for key, _ in keyed]) if kept else {}
        terms = Terms(
            endpoint, self.concurrency, self.timeout, self.retries, dialects.ask, "decide"
        )
        costs = settled(keyed, have, terms, None if self.price is None else (self.price, 0.0))
        said = [dialects.decisions(have[key]) for key, _ in keyed]
        notice(self.model, endpoint, said)
        return said, costs

    def _answers(
        self, said: Sequence[Said], costs: Floats, labels: tuple[str, ...], question: Question
    ) -> Answers:
        place = [question.options.index(label) for label in labels]
        probs = np.full((len(said), len(labels)), np.nan)
        values, readings, paths = [], [], []
        for i, (version, found) in enumerate(said):
            p, value, reading = pooled(found, question.options)
            if p is not None:
                probs[i] = p[place]
                value = labels[int(probs[i].argmax())]
            values.append(value)
            readings.append(reading)
            paths.append(
                (self.model, version) if version not in ("", self.model) else (self.model,)
            )
        return Answers(tuple(values), labels, probs, costs, tuple(paths), tuple(readings))

    def _request(self, text: Text, questions: tuple[Question, ...]) -> Request:
        return Request(self.model, _state(text), questions, self.dialect or "")

    def _endpoint(self) -> Endpoint:
        return Endpoint.of(self.provider)


def _state(text: Text) -> str:
    if isinstance(text, str):
        return clean(text)
    return clean(f"First text: {text[0]}\nSecond text: {text[1]}")


def _key(endpoint: Endpoint, request: Request) -> str:
    asked = json.dumps([asdict(question) for question in request.questions])
    return store.key(
        endpoint=endpoint.place,
        protocol="decide",
        model=request.model,
        text=request.text,
        questions=asked,
        dialect=request.dialect,
    )
