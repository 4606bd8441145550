"""What a reply says it used: tokens, in the words of each protocol, whole or streamed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

UNPACKED = 16 << 20
"""Bytes of an unpacked reply that are read at most."""


@dataclass(frozen=True)
class Used:
    """Tokens of one request; None where the reply does not say.

    ``prompt`` and ``completion`` are totals: ``cached`` (read from the upstream's cache),
    ``written`` (to it) and ``audio_in`` are parts of the first, ``reasoning`` and ``audio_out`` of
    the second.
    ``model`` is the model that answered; ``dollars`` the price, where the reply states it.
    """

    model: str = ""
    prompt: int | None = None
    completion: int | None = None
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    dollars: float | None = None


def unpacked(body: bytes, packing: bytes) -> bytes:
    """A reply as it was before it was packed; empty where it cannot be unpacked."""
    if packing.strip().lower() in (b"", b"identity"):
        return body
    try:
        return zlib.decompressobj(47).decompress(body, UNPACKED)
    except zlib.error:
        return b""


def events(body: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects of a stream of server-sent events; other events are skipped."""
    for line in body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line.startswith(b"data:"):
            try:
                found = json.loads(line[5:])
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                yield found


def read(body: bytes, streamed: bool) -> Used:
    """The usage that a reply states, as JSON or as a stream of events; blank if it states none."""
    return of_events(list(events(body))) if streamed else of_reply(loaded(body) or {})


def loaded(body: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def of_reply(reply: dict[str, Any]) -> Used:
    """The usage in one reply."""
    return _used(_usage(reply), _model(reply))


def of_events(stream: list[dict[str, Any]]) -> Used:
    """The usage in a stream: later counts replace earlier ones, which are sums up to there."""
    model, usage = "", dict[str, Any]()
    for event in stream:
        for part in (event, event.get("message"), event.get("response")):
            if isinstance(part, dict):
                model = _model(part) or model
                usage |= {k: v for k, v in _usage(part).items() if v is not None}
    return _used(usage, model)


def _model(reply: dict[str, Any]) -> str:
    found = reply.get("model")
    return found if isinstance(found, str) else ""


def _usage(reply: dict[str, Any]) -> dict[str, Any]:
    """The object that holds the counts; some servers of OpenAI's protocol put it elsewhere."""
    groq, timings = reply.get("x_groq"), reply.get("timings")
    inner = groq.get("usage") if isinstance(groq, dict) else None
    for found in (reply.get("usage"), inner):
        if isinstance(found, dict):
            return found
    if isinstance(timings, dict) and "prompt_n" in timings:  # llama.cpp, streamed without usage
        cached = _count(timings, "cache_n") or 0
        fresh = _count(timings, "prompt_n") or 0
        return {
            "prompt_tokens": fresh + cached,
            "completion_tokens": _count(timings, "predicted_n"),
            "prompt_tokens_details": {"cached_tokens": cached},
        }
    return {}


def _used(usage: dict[str, Any], model: str) -> Used:
    if "cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage:
        return _anthropic(usage, model)
    inward = _part(usage, "prompt_tokens_details", "input_tokens_details")
    outward = _part(usage, "completion_tokens_details", "output_tokens_details")
    prompt = _first(usage, "prompt_tokens", "input_tokens")
    completion = _first(usage, "completion_tokens", "output_tokens")
    reasoning = _first(outward, "reasoning_tokens") or _first(usage, "reasoning_tokens") or 0
    total = _count(usage, "total_tokens")
    if reasoning and total == (prompt or 0) + (completion or 0) + reasoning:
        completion = (completion or 0) + reasoning  # counted beside the completion: xAI
    cost = usage.get("cost")
    fine = isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0
    return Used(
        model,
        prompt,
        completion,
        _first(inward, "cached_tokens") or _first(usage, "prompt_cache_hit_tokens") or 0,
        _first(inward, "cache_write_tokens", "cache_creation_tokens") or 0,
        reasoning,
        _first(inward, "audio_tokens") or 0,
        _first(outward, "audio_tokens") or 0,
        float(cost) if fine and isinstance(cost, int | float) else None,
    )


def _anthropic(usage: dict[str, Any], model: str) -> Used:
    """Anthropic counts cached tokens beside the others, and names no reasoning."""
    fresh = _count(usage, "input_tokens")
    cached = _count(usage, "cache_read_input_tokens") or 0
    written = _count(usage, "cache_creation_input_tokens") or 0
    total = None if fresh is None else fresh + cached + written
    thinking = _first(_part(usage, "output_tokens_details"), "thinking_tokens") or 0
    return Used(model, total, _count(usage, "output_tokens"), cached, written, thinking)


def _part(usage: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        if isinstance(found := usage.get(name), dict):
            return found
    return {}


def _first(usage: dict[str, Any], *names: str) -> int | None:
    for name in names:
        if (found := _count(usage, name)) is not None:
            return found
    return None


def _count(usage: dict[str, Any], name: str) -> int | None:
    """A count of tokens; None for anything that cannot be one."""
    found = usage.get(name)
    return found if type(found) is int and 0 <= found < 1 << 50 else None
