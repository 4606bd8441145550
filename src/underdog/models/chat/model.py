"""A large language model as a Model: prompts in, completions with receipts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.answer import Answers
from ...core.cost import FIELDS, Cost, Floats
from ...core.data import Text, plain
from ...core.errors import UnderdogError
from ...core.reading import read_column, reader
from ...runtime import prices, store
from ...runtime.registry import register
from ...runtime.schema import Number
from .batch import Terms
from .constraints import after_opening, opens
from .dialects import Request
from .endpoint import Endpoint, Remote
from .label_probabilities import ENOUGH, ENOUGH_CONSTRAINED, label_probabilities
from .settle import receipts, settled

BEGINS_WITH_LABEL = frozenset({"exact", "normalised"})
"""Readings of completions whose first tokens are those of a label."""


@register(
    "chat",
    holds={
        "max_tokens": Number(1, 10_000_000),
        "temperature": Number(0, 100),
        "concurrency": Number(1, 1000),
        "timeout": Number(0.001, 86_400),
        "retries": Number(0, 1000),
        "price": Number(0, 1e6),
    },
)
@dataclass(frozen=True)
class Chat(Remote):
    """Writes what ``model`` writes, asked through its API.

    ``provider`` is anthropic for models called claude…, else openai. Any other word is the name
    of a server that speaks OpenAI's protocol. The addresses and keys are those of the environment:
    OPENAI_BASE_URL, OPENAI_API_KEY, ANTHROPIC_API_KEY, GROQ_BASE_URL and so on.

    ``max_tokens`` bounds a completion, reasoning included. ``effort`` is how much a model that
    reasons should do of it (low, medium, high …). Another ``seed`` is another draw, where
    ``temperature`` is not 0. ``price`` is dollars per million tokens (in, out), for models
    without a list price. At most ``concurrency`` requests run at once; one that hears nothing for
    ``timeout`` seconds, or meets a busy server, is made again up to ``retries`` times. With
    ``batch``, prompts are handed in through OpenAI's batch API: at half the price, and answered
    within a day; the same command, typed again, goes on waiting.

    A receipt tells a request's own seconds (not those spent waiting for another try), its tokens
    as the endpoint counted them and its dollars by the price list of the day. Joules are unknown.
    Inside ``with default_store().open():`` no prompt is asked that was answered before: such an
    answer shows its original receipt. Equal prompts of one batch are asked once, and the repeats
    are free. Does not stream, hold a conversation or send a system prompt.
    """

    model: str
    max_tokens: int = 1024
    temperature: float = 0.0
    effort: str | None = None
    seed: int = 0
    price: prices.Rate | None = None
    provider: str | None = None
    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 4
    batch: bool = False

    def __post_init__(self) -> None:
        if self.price is not None:
            try:
                inward, outward = map(float, self.price)
            except (TypeError, ValueError):
                raise UnderdogError(
                    f"{self.price!r} is no price", "dollars per million tokens: price=[0.25, 2.0]"
                ) from None
            object.__setattr__(self, "price", (inward, outward))
        for name, least in (("max_tokens", 1), ("concurrency", 1), ("retries", 0)):
            if getattr(self, name) < least:
                raise UnderdogError(
                    f"chat cannot have {name}={getattr(self, name)}", f"try {name}={least or 1}"
                )
        if self.batch and self._provider == "anthropic":
            raise UnderdogError(
                "batches are handed in by OpenAI's protocol, which anthropic does not speak",
                "leave out batch=True",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        """A completion for each prompt."""
        said, costs = self._asked(texts, logprobs=False)
        return Answers.said([reply.text for reply in said], costs, self.model)

    def choose(self, texts: Sequence[Text], labels: Sequence[str]) -> Answers:
        """The one of ``labels`` that each prompt is answered with, as `Chooser` has it.

        Where the endpoint tells the probabilities of its tokens and the completion is nothing but a
        label, the probabilities of the labels are worked out from them (`label_probabilities`) and
        the likeliest label is the answer; elsewhere the label is read from the completion
        (`underdog.core.reading`), and comes without probabilities. A server of your own is asked to
        let nothing but a label be written, in the way that it knows (`constraints.FORMS`).
        """
        labels = tuple(labels)
        constrained = self._allowed(labels)
        said, costs = self._asked(texts, logprobs=True, labels=constrained)
        values, readings = read_column([reply.text for reply in said], reader(labels))
        enough = ENOUGH_CONSTRAINED if constrained else ENOUGH
        rows = [
            label_probabilities(after_opening(reply.steps), labels, enough)
            if how in BEGINS_WITH_LABEL or (constrained and opens(reply.text))
            else None
            for reply, (how, _) in zip(said, readings, strict=True)
        ]
        values = tuple(
            value if row is None else labels[int(row.argmax())]
            for value, row in zip(values, rows, strict=True)
        )
        paths = ((self.model,),) * len(values)
        if all(row is None for row in rows):
            return Answers(values, (), None, costs, paths, readings)
        unknown = np.full(len(labels), np.nan)
        probs = np.stack([unknown if row is None else row for row in rows])
        return Answers(values, labels, probs, costs, paths, readings)

    def estimate(
        self, texts: Sequence[Text], tokens_out: int = 8, labels: Sequence[str] = ()
    ) -> Cost:
        """What asking ``texts`` would cost, without asking. An estimate: see `prices.estimate`.

        Repeats count once, and what the open store has already counts nothing. ``tokens_out``
        per answer suits labels; a model that reasons writes many times more. ``labels`` are those
        that it would have to `choose` from.
        """
        endpoint = self._endpoint()
        requests = self._requests(texts, False, self._allowed(labels))
        on_file = _on_file(endpoint, requests)
        left = {key: r.prompt for r in requests if (key := _key(endpoint, r)) not in on_file}
        prompts, seller = list(left.values()), (endpoint.provider, endpoint.url)
        rate, halved = self.price, self.batch
        cost = prices.estimate(self.model, prompts, tokens_out, *seller, rate, batched=halved)
        return cost if endpoint.priced or self.price else replace(cost, dollars=None)

    def on_file(self, texts: Sequence[Text], labels: Sequence[str] = ()) -> Floats:
        """The receipts of what the open store can answer, ``[texts, 6]``; NaN for the others."""
        endpoint = self._endpoint()
        requests = self._requests(texts, False, self._allowed(labels))
        have = _on_file(endpoint, requests)
        keys = [_key(endpoint, request) for request in requests]
        rows = [i for i, key in enumerate(keys) if key in have]
        costs = np.full((len(keys), len(FIELDS)), np.nan)
        costs[rows] = receipts([keys[i] for i in rows], have, self.price)
        return costs

    def _asked(
        self, texts: Sequence[Text], logprobs: bool, labels: tuple[str, ...] = ()
    ) -> tuple[list[store.Reply], Floats]:
        endpoint = self._endpoint()
        requests = self._requests(texts, logprobs, labels)
        wanted = [(_key(endpoint, request), request) for request in requests]
        have = _on_file(endpoint, requests)
        times = self.concurrency, self.timeout, self.retries
        terms = Terms(endpoint, *times, batched=self.batch)
        costs = settled(wanted, have, terms, self.price)
        return [have[key] for key, _ in wanted], costs

    def _allowed(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The labels that a server of your own is held to; none for another, which is trusted."""
        return tuple(labels) if self._endpoint().constrains else ()

    def _endpoint(self) -> Endpoint:
        return Endpoint.of(self._provider)

    @property
    def _provider(self) -> str:
        guess = "anthropic" if self.model.startswith("claude") else "openai"
        return self.provider or guess

    def _requests(
        self, texts: Sequence[Text], logprobs: bool, labels: tuple[str, ...] = ()
    ) -> list[Request]:
        return [
            Request(
                self.model,
                plain(text),
                self.max_tokens,
                self.temperature,
                self.seed,
                self.effort,
                logprobs,
                labels,
            )
            for text in texts
        ]


def _key(endpoint: Endpoint, request: Request) -> str:
    asked = vars(request)
    if not request.labels:  # the key of requests before labels could be told
        asked = {name: value for name, value in asked.items() if name != "labels"}
    return store.key(endpoint=endpoint.place, **asked)


def _on_file(endpoint: Endpoint, requests: Sequence[Request]) -> dict[str, store.Reply]:
    """What the open store has, by key; a reply with probabilities serves where none are wanted."""
    found: dict[str, store.Reply] = {}
    if (kept := store.current()) is not None:
        for richer in (True, False):
            asked = {
                _key(endpoint, replace(r, logprobs=richer or r.logprobs)): _key(endpoint, r)
                for r in requests
            }
            found |= {asked[key]: reply for key, reply in kept.get(list(asked)).items()}
    return found
