"""A model behind an API as a language model: the likeliest next tokens, and how much is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ....core.cost import FIELDS, charge
from ....core.errors import UnderdogError
from ....core.language import Ids, Logits, Tokenizer
from ....runtime import prices, store
from ....runtime.registry import register
from ....runtime.schema import Number
from ...chat.batch import Terms, replies
from ...chat.endpoint import Endpoint, Remote
from ...chat.faults import explained
from ...chat.patience import Fault
from ...chat.settle import receipts
from ..across.pieces import SAMPLE
from ..ngram import tokenizer_of
from .reply import Next, Spelled, asked, stranger

SECONDS = FIELDS.index("seconds")


@register(
    "hosted",
    holds={
        "top": Number(1, 100_000),
        "concurrency": Number(1, 1000),
        "timeout": Number(0.001, 86_400),
        "retries": Number(0, 1000),
        "price": Number(0, 1e6),
    },
)
@dataclass(frozen=True)
class Hosted(Remote):
    """The next tokens of ``model`` behind a completions endpoint of OpenAI's protocol.

    An endpoint tells the ``top`` likeliest tokens: OpenAI 5, vLLM 20, llama.cpp as many as one asks
    for. The others are one remainder, which `mixture` and `proxy_tuned` divide as a model that
    runs here does; what cannot do with that refuses. Each token is a request, and costs what the
    prompt costs where the server does not cache it.

    ``vocabulary`` names the model's tokenizer, as `ngram` has it; "" is one of the same name. It is
    checked against the server's. Address and key are those of the environment, and ``price``,
    ``concurrency``, ``timeout`` and ``retries`` are as `chat` has them. Rows that are on file in
    an open store are not asked again.
    """

    stepwise: ClassVar[bool] = True

    model: str
    top: int = 20
    vocabulary: str = ""
    provider: str = "openai"
    price: prices.Rate | None = None
    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 4

    @property
    def named(self) -> int:
        """How many tokens are told about."""
        return self.top

    @property
    def tokenizer(self) -> Tokenizer:
        """What its token ids mean."""
        return tokenizer_of(self.vocabulary or self.model)

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Sent]:
        """Log-probabilities after the last of ``ids``, ``[texts, 1, vocabulary]``: minus infinity
        for tokens that are not named.

        Raises `UnderdogError` if the endpoint does not answer, tells no log-probabilities, or has
        another vocabulary.
        """
        before = cache.texts if cache else ((),) * len(ids)
        pairs = zip(before, ids.tolist(), strict=True)
        texts = tuple([(*text, *new) for text, new in pairs])
        self._check()
        found = np.full((len(texts), 1, self.tokenizer.size), -np.inf)
        for row, reply in enumerate(self._told(texts)):
            if not reply.steps:
                raise UnderdogError(
                    f"{self.model} does not take a text of {len(texts[row]):,} tokens",
                    "shorten the text, or use a model with a longer context",
                )
            for token, logprob in reply.steps[0]:
                found[row, 0, int(token)] = logprob
        with np.errstate(under="ignore"):
            told = np.exp(found).sum(axis=-1).min()
        return found, Sent(texts, max(cache.missing if cache else 0.0, 1.0 - float(told), 0.0))

    def _check(self) -> None:
        """Refuse a server that counts the tokens of a text differently: asked once per process."""
        endpoint, own = self._endpoint(), self.tokenizer
        if endpoint.provider == "anthropic":
            raise UnderdogError(
                "anthropic tells no log-probabilities", f"let it write: chat({self.model!r})"
            )
        key = endpoint.url, self.model, own.identity
        if key in _AGREED:
            return
        ours, reply = len(own.encode(SAMPLE)), self._told([SAMPLE])[0]
        theirs = (reply.usage.tokens_in or ours) // (reply.cost.calls or 1)
        if theirs - ours not in (0, 1):  # one may begin a text
            fault = stranger(f"a text of {ours} tokens has {theirs} there")
            raise UnderdogError(f"{self.model} at {endpoint.shown}: {fault.message}", fault.hint)
        _AGREED.add(key)

    def _told(self, prompts: Sequence[str | tuple[int, ...]]) -> list[store.Reply]:
        """What the endpoint tells after each of ``prompts``, asked once and charged.

        Seconds are not: what waits for the reply counts its own.
        """
        endpoint = self._endpoint()
        wanted = [Next(self.model, prompt, self.top) for prompt in prompts]
        keys = [_key(endpoint, one) for one in wanted]
        kept = store.current()
        have = kept.get(keys) if kept is not None else {}
        left = {key: one for key, one in zip(keys, wanted, strict=True) if key not in have}
        ask = partial(_asked, spelled=_spelled(self.tokenizer))
        times = self.concurrency, self.timeout, self.retries
        terms, before = Terms(endpoint, *times, ask, "hosted"), len(have)
        try:
            if left:
                endpoint.client(self.timeout)  # a missing key is told before anything is asked
                for key, reply in replies(left, terms, kept):
                    have[key] = reply
        except Fault as fault:
            counts = len(have) - before, len(left)
            raise explained(fault, self.model, terms, counts, kept is not None) from fault
        finally:
            costs = receipts([key for key in keys if key in have], have, self.price)
            costs[:, SECONDS] = 0.0
            charge(costs)
        return [have[key] for key in keys]

    def _endpoint(self) -> Endpoint:
        return Endpoint.of(self.provider)


@dataclass(frozen=True)
class Sent:
    """The tokens of each text so far, and the largest share of a probability that was not told."""

    texts: tuple[tuple[int, ...], ...]
    missing: float = 0.0

    @property
    def length(self) -> int:
        """Tokens of each text."""
        return len(self.texts[0])

    def crop(self, length: int) -> Sent:
        """The first ``length`` tokens of each text."""
        return replace(self, texts=tuple([text[:length] for text in self.texts]))

    def select(self, rows: Sequence[int]) -> Sent:
        """The texts at ``rows``."""
        return replace(self, texts=tuple([self.texts[row] for row in rows]))


def _asked(endpoint: Endpoint, request: Next, timeout: float, spelled: Spelled) -> store.Reply:
    return asked(endpoint, request, spelled, timeout)


def _key(endpoint: Endpoint, request: Next) -> str:
    said = request.prompt
    prompt = said if isinstance(said, str) else " ".join(map(str, said))
    kind = "next" if isinstance(said, str) else "next of ids"
    return store.key(
        endpoint=endpoint.place,
        protocol=kind,
        model=request.model,
        top=request.top,
        prompt=prompt,
    )


def _spelled(tokenizer: Tokenizer) -> Spelled:
    if tokenizer.identity not in _SPELLED:
        _SPELLED[tokenizer.identity] = Spelled.of(tokenizer)
    return _SPELLED[tokenizer.identity]


_SPELLED: dict[str, Spelled] = {}
"""The vocabularies seen so far: it takes a second to spell one."""

_AGREED: set[tuple[str, str, str]] = set()
"""Address, model and tokenizer of the servers that were found to count tokens alike."""
