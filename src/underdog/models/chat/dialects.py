"""The two protocols in which a language model is asked, and what servers refuse in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from ...core.cost import Cost
from ...runtime.prices import Usage, price
from ...runtime.store import Reply, Steps
from .completions import decoded, written
from .constraints import FORMS, constraint, form, obeyed
from .endpoint import Endpoint
from .patience import Fault
from .redaction import redacted

ALTERNATIVES = 20
"""Tokens beside the one written whose probabilities are asked for: as many as OpenAI gives."""

STEPS = 24
"""Tokens of which alternatives are kept: a label that takes more is identified by then."""

UNLIKELY = -12.0
"""Log probability under which an alternative token is not worth its place on the disk."""

MOST_TOKENS = 10**9
"""Tokens of one reply beyond which a bill is taken to be no bill."""

IMPOSSIBLE = -9999.0
"""The log probability that OpenAI gives what cannot be written."""

STREAM = "whole replies"
"""What a server that only streams does not give, among what it refuses."""

REFUSES = re.compile(
    r"unsupported|not support|unrecogni|unknown|unexpected|not permitted|not allowed|extra"
)
"""Words of a server that refuses a parameter without naming it."""

UNUSUAL = (*FORMS, "logprobs", "seed", "temperature")
"""Parameters that a server may not know, the least usual first: left out one by one."""

_refused: dict[tuple[str, str], frozenset[str]] = {}
"""What each (address, model) would not take, learned from its refusals once per process."""


@dataclass(frozen=True)
class Request:
    """One prompt and how it is to be answered; with ``labels``, by one of these only."""

    model: str
    prompt: str
    max_tokens: int
    temperature: float
    seed: int
    effort: str | None
    logprobs: bool
    labels: tuple[str, ...] = ()


def ask(endpoint: Endpoint, request: Request, timeout: float) -> Reply:
    """The reply to one request, tried once; `Fault` says what went wrong.

    Servers differ in what they take. An optional parameter that one refuses by name is left out (a
    length limit is renamed) and the request made again; refusals are not billed.

    ``timeout`` is in seconds.
    """
    where = endpoint.url, request.model
    while True:
        without = _refused.get(where, frozenset())
        params = _params(endpoint, request, without)
        try:
            reply = _asked(endpoint, request, params, timeout)
            if unheeded := _unheeded(request, without, reply.text):
                _refused[where] = _refused.get(where, frozenset()) | unheeded
            return reply
        except Fault as fault:
            more = _optional(request, params, fault) - without
            if not more:
                raise
            _refused[where] = _refused.get(where, frozenset()) | more


def _unheeded(request: Request, without: frozenset[str], text: str) -> frozenset[str]:
    """The constraint that a server took and did not keep to: for later prompts, the next one."""
    name = form(without) if request.labels else None
    if name is None or not text.strip() or obeyed(name, text, request.labels):
        return frozenset()
    return frozenset({name})


def _optional(request: Request, params: dict[str, Any], fault: Fault) -> frozenset[str]:
    """The parameters that ``fault`` complains of and that this request can do without."""
    if fault.status not in (400, 403, 422) or fault.about_prompt:
        return frozenset()  # of a prompt that is too long some say so by naming max_tokens
    if re.search(r"\bstream(ing)?\b", fault.message.lower()) and "stream" not in params:
        return frozenset({STREAM})  # a server that only streams
    can_go = {"seed", "logprobs", "top_logprobs", "max_tokens", "max_completion_tokens", *FORMS}
    if request.temperature == 0:  # a wish for the steadiest answer, not for this number
        can_go.add("temperature")
    named = frozenset(name for name in can_go & params.keys() if name in fault.message)
    if named or not REFUSES.search(fault.message.lower()):
        return named
    return frozenset([name for name in UNUSUAL if name in can_go & params.keys()][:1])


def _params(endpoint: Endpoint, request: Request, without: frozenset[str]) -> dict[str, Any]:
    wanted: dict[str, Any] = {"temperature": request.temperature}
    if endpoint.provider == "anthropic":
        wanted["max_tokens"] = request.max_tokens
        if request.effort:
            wanted["output_config"] = {"effort": request.effort}
        return {k: v for k, v in wanted.items() if k not in without or k == "max_tokens"}
    modern = endpoint.public or "max_tokens" in without  # old servers know the old name only
    wanted["max_completion_tokens" if modern else "max_tokens"] = request.max_tokens
    if STREAM in without:
        wanted |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.seed:
        wanted["seed"] = request.seed
    if request.effort:
        wanted["reasoning_effort"] = request.effort
    if request.logprobs and not without & {"logprobs", "top_logprobs"}:
        wanted |= {"logprobs": True, "top_logprobs": ALTERNATIVES}
    if request.labels:
        wanted |= constraint(form(without), request.labels)
    return {k: v for k, v in wanted.items() if k not in without}


def _asked(endpoint: Endpoint, request: Request, params: dict[str, Any], timeout: float) -> Reply:
    client = endpoint.client(timeout)
    messages = [{"role": "user", "content": request.prompt}]
    start = perf_counter()
    try:
        if endpoint.provider == "anthropic":
            limit = params.pop("max_tokens")
            raw = client.messages.with_raw_response.create(
                model=request.model, max_tokens=limit, messages=messages, extra_body=params
            )
        else:
            raw = client.chat.completions.with_raw_response.create(
                model=request.model, messages=messages, extra_body=params
            )
        seconds = perf_counter() - start
        body = raw.http_response.content
    except Exception as error:
        raise Fault.of(error) from None  # the SDK's error holds what the server said, unredacted
    return received(endpoint, request, body, seconds)


def body(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """What is sent for ``request`` in OpenAI's protocol, without what was refused before."""
    without = _refused.get((endpoint.url, request.model), frozenset())
    messages = [{"role": "user", "content": request.prompt}]
    return {"model": request.model, "messages": messages, **_params(endpoint, request, without)}


def received(
    endpoint: Endpoint, request: Request, content: bytes | dict[str, Any], seconds: float | None
) -> Reply:
    """The reply in the ``content`` that was sent; it came in a batch if the ``seconds`` are None.

    Raises `Fault` for what cannot be read.
    """
    try:
        sent = decoded(content) if isinstance(content, bytes) else content
        text, usage, steps = (
            _anthropic_reply(sent) if endpoint.provider == "anthropic" else _openai_reply(sent)
        )
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise Fault("malformed", f"a reply that cannot be read ({error!r:.200})") from None
    except RecursionError:
        raise Fault("malformed", "a reply that is nested too deeply to be read") from None
    usage = replace(usage, batched=seconds is None)
    dollars = None
    if endpoint.priced:
        dollars = price(request.model, usage, endpoint.provider, endpoint.url)
    cost = Cost(seconds, None, dollars, usage.tokens_in, usage.tokens_out, 1)
    return Reply(redacted(text), usage, cost, steps if request.logprobs else ())


def _openai_reply(body: Any) -> tuple[str, Usage, Steps]:
    choice = body["choices"][0]
    said = written(choice)
    billed = body.get("usage") or {}
    inward = billed.get("prompt_tokens_details") or {}
    outward = billed.get("completion_tokens_details") or {}
    usage = Usage(
        _count(billed, "prompt_tokens"),
        _count(billed, "completion_tokens"),
        _count(inward, "cached_tokens") or 0,
        _count(inward, "cache_write_tokens") or 0,
        _count(outward, "reasoning_tokens") or 0,
    )
    tokens = (choice.get("logprobs") or {}).get("content") or []
    return said, usage, tuple(_step(token) for token in tokens[:STEPS])


def _step(token: Any) -> tuple[tuple[str, float], ...]:
    others = [
        (str(t["token"]), _logprob(t["logprob"]))
        for t in token.get("top_logprobs") or []
        if t["token"] != token["token"] and t["logprob"] > UNLIKELY
    ]
    return ((str(token["token"]), _logprob(token["logprob"])), *others)


def _anthropic_reply(body: Any) -> tuple[str, Usage, Steps]:
    said = "".join(part["text"] for part in body["content"] if part["type"] == "text")
    billed = body.get("usage") or {}
    fresh = _count(billed, "input_tokens")
    cached = _count(billed, "cache_read_input_tokens") or 0
    written = _count(billed, "cache_creation_input_tokens") or 0
    reasoning = _count(billed.get("output_tokens_details") or {}, "thinking_tokens") or 0
    total = None if fresh is None else fresh + cached + written
    return said, Usage(total, _count(billed, "output_tokens"), cached, written, reasoning), ()


def _count(billed: dict[str, Any], name: str) -> int | None:
    if billed.get(name) is None:
        return None
    count = int(billed[name])
    if not 0 <= count <= MOST_TOKENS:
        raise ValueError(f"{name} is {count:.3g}")
    return count


def _logprob(value: Any) -> float:
    """A log probability: never above 0, and finite, as what is impossible is written too."""
    p = float(value)
    if not p <= 1.0:  # a little above 0 is rounding; NaN is nothing
        raise ValueError(f"a log probability is {value!r:.20}")
    return max(min(p, 0.0), IMPOSSIBLE)
