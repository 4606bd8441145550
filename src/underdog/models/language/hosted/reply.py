"""Reading a completions endpoint's reply: ids and scores of the likeliest next tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from time import perf_counter
from typing import Any

from ....core.cost import Cost
from ....core.language import Tokenizer
from ....runtime.prices import Usage, price
from ....runtime.store import Reply
from ...chat.endpoint import Endpoint
from ...chat.patience import Fault
from ...chat.transport import posted
from ..across.pieces import pieces_of

RAW = re.compile(r"bytes:((?:\\x[0-9a-f]{2})+)")
"""How vLLM and OpenAI spell a token that is no whole letter."""

CUT = "\N{REPLACEMENT CHARACTER}"
"""What stands for half a letter in a text."""

FORCED = 1e4
"""The bias that makes llama.cpp write a token; probabilities are told without it."""


@dataclass(frozen=True)
class Next:
    """A question for the ``top`` likeliest tokens after ``prompt``: a text, or its token ids."""

    model: str
    prompt: str | tuple[int, ...]
    top: int


@dataclass(frozen=True, eq=False)
class Spelled:
    """The ids of a vocabulary by their bytes, and by their names where they only control."""

    pieces: tuple[bytes, ...]
    by_bytes: Mapping[bytes, int]
    by_name: Mapping[str, int]
    end: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Spelled:
        """Those of ``tokenizer``; `UnderdogError` if the bytes of its tokens are not known."""
        pieces = tuple(pieces_of(tokenizer))
        by_bytes = {piece: i for i, piece in reversed([*enumerate(pieces)]) if piece}
        names: Mapping[str, int] = getattr(tokenizer, "spellings", {})
        control = {name: i for name, i in names.items() if i < len(pieces) and not pieces[i]}
        return cls(pieces, by_bytes, control, tokenizer.end)

    def id_of(self, told: Mapping[str, Any]) -> int | None:
        """The id of a token that a server tells about; None if the vocabulary lacks it.

        Raises `Fault` if the server gives its id and means other bytes by it.
        """
        name = str(told.get("token", ""))
        raw = RAW.fullmatch(name)
        spelled = bytes.fromhex(raw[1].replace("\\x", "")) if raw else name.encode()
        if told.get("bytes"):
            spelled = bytes(told["bytes"])
        if (given := told.get("id")) is None:
            return self.by_name.get(name, self.by_bytes.get(spelled))
        known = self.pieces[given] if 0 <= given < len(self.pieces) else None
        if known is None or (known and known != spelled):
            raise stranger(f"its token {given} is {name!r}")
        return int(given)


def stranger(why: str) -> Fault:
    """What to say of a server whose model has another vocabulary than was named."""
    return Fault(
        "unfit",
        f"the model there has another vocabulary than the one that was named: {why}",
        hint="name the tokenizer of the model that is served: hosted(MODEL, vocabulary='FOLDER')",
    )


def asked(endpoint: Endpoint, request: Next, spelled: Spelled, timeout: float) -> Reply:
    """The reply to one request, tried once: one step, whose tokens are ids in decimal.

    ``timeout`` is in seconds. Raises `Fault` if the server tells no probabilities.
    """
    start = perf_counter()
    said = _sent(endpoint, request, timeout)
    replies = [said]
    try:
        if said.get("choices") and CUT in str(said["choices"][0].get("text")):
            # of half a letter llama.cpp tells no probabilities; a bias towards a whole one is
            # not told
            replies.append(_sent(endpoint, request, timeout, spelled.by_bytes.get(b"a")))
        seconds = perf_counter() - start
        steps = dict(_named(replies[-1]["choices"][0], spelled))
        usage = _usage(replies)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise Fault("malformed", f"a reply that cannot be read ({error!r:.200})") from None
    if not steps:
        raise Fault(
            "unfit",
            "it tells no log-probabilities of tokens that the vocabulary has",
            hint=f"name its tokenizer (vocabulary=…), or let it write: chat({request.model!r})",
        )
    dollars = None
    if endpoint.priced:
        dollars = price(request.model, usage, endpoint.provider, endpoint.url)
    cost = Cost(seconds, None, dollars, usage.tokens_in, usage.tokens_out, len(replies))
    ranked = sorted(steps.items(), key=lambda one: -one[1])
    return Reply("", usage, cost, (tuple([(str(i), p) for i, p in ranked]),))


def _sent(endpoint: Endpoint, request: Next, timeout: float, forced: int | None = None) -> Any:
    """The body of the server's reply; ``forced`` is a token that it is made to write."""
    said = request.prompt
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": said if isinstance(said, str) else list(said),
        "max_tokens": 1,
        "temperature": 0.0,
        "logprobs": request.top,
    }
    if forced is not None:
        body["logit_bias"] = {str(forced): FORCED}
    try:
        content = posted(endpoint.client(timeout), "/completions", body)
    except Exception as error:
        fault = Fault.of(error)
        if fault.status in (400, 422) and "logprobs" in fault.message:
            fault.hint = f"ask for fewer tokens, hosted({request.model!r}, top=5)"
        raise fault from None
    try:
        reply = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Fault("malformed", f"a reply that cannot be read ({error!r:.200})") from None
    if not isinstance(reply, dict):
        raise Fault("malformed", f"a reply that is no object but a {type(reply).__name__}")
    return reply


def _named(choice: Any, spelled: Spelled) -> Iterator[tuple[int, float]]:
    """The ids and log-probabilities that a choice names, in one of the two forms that servers use:
    OpenAI's for completions (also vLLM's), or its form for chats (llama.cpp's).
    """
    told = choice.get("logprobs") or {}
    if told.get("content"):
        first = told["content"][0]
        entries = [first, *(first.get("top_logprobs") or ())]
    else:
        own = zip(told.get("tokens") or (), told.get("token_logprobs") or (), strict=True)
        others = (told.get("top_logprobs") or [None])[0] or {}
        pairs = [*[*own][:1], *others.items()]
        entries = [{"token": token, "logprob": p} for token, p in pairs]
    for one in entries:
        logprob = float(one["logprob"])
        if not isfinite(logprob) or logprob > 1e-3:
            raise ValueError(f"a log-probability is {logprob}")
        if (i := spelled.id_of(one)) is not None:
            yield i, min(logprob, 0.0)


def _usage(replies: Sequence[Any]) -> Usage:
    """The tokens that all ``replies`` were billed for."""
    billed = [reply.get("usage") or {} for reply in replies]

    def total(name: str) -> int | None:
        counts: list[Any] = [one.get(name) for one in billed]
        return None if None in counts else sum(map(int, counts))

    return Usage(total("prompt_tokens"), total("completion_tokens"))
