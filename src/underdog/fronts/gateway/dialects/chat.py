"""OpenAI Chat Completions: the text of a request, and a reply, whole or streamed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from ..asgi import dumped
from .content import plain

PATH = "/chat/completions"

Call = tuple[str, str]
"""A call of a tool: its name, and its arguments as JSON."""


def last_text(body: dict[str, Any]) -> str | None:
    """The text of the last message, where a user wrote it and it is nothing but text."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return None
    last = messages[-1]
    if not isinstance(last, dict) or last.get("role") != "user":
        return None
    return plain(last.get("content"))


def streams(body: Mapping[str, Any]) -> bool:
    """Whether the reply is to be streamed."""
    return body.get("stream") is True


def whole(model: str, content: str | None, call: Call | None = None, tokens: int = 0) -> bytes:
    """A completion that says ``content``, or calls a tool."""
    said: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
    if call is not None:
        said |= {"content": None, "tool_calls": [_call(call)]}
    choice = {
        "index": 0,
        "message": said,
        "logprobs": None,
        "finish_reason": "stop" if call is None else "tool_calls",
    }
    return dumped({**_head("chat.completion", model), "choices": [choice], "usage": _usage(tokens)})


def stream(
    model: str, content: str | None, call: Call | None = None, usage: bool = False
) -> list[bytes]:
    """The events of a completion that is streamed: role, content, end."""
    head = _head("chat.completion.chunk", model)
    delta: dict[str, Any] = {"content": content}
    if call is not None:
        delta = {"tool_calls": [{"index": 0, **_call(call)}]}
    deltas: list[tuple[dict[str, Any], str | None]] = [
        ({"role": "assistant", "content": "" if call is None else None}, None),
        (delta, None),
        ({}, "stop" if call is None else "tool_calls"),
    ]
    events: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": d, "finish_reason": end}]} for d, end in deltas
    ]
    if usage:
        events.append({**head, "choices": [], "usage": _usage(0)})
    return [*(b"data: " + dumped(event) + b"\n\n" for event in events), b"data: [DONE]\n\n"]


def wants_usage(body: Mapping[str, Any]) -> bool:
    """Whether a streamed reply is to end with the usage."""
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def reply(message: dict[str, Any]) -> tuple[str | None, Call | None]:
    """What a completion said: its text, or its only call of a tool; neither if there is more."""
    try:
        (choice,) = message["choices"]
        said = choice["message"]
        calls = said.get("tool_calls") or []
        if calls:
            (call,) = calls
            made = call["function"]
            return None, (str(made["name"]), str(made["arguments"]))
        fine = choice.get("finish_reason") in (None, "stop") and not said.get("refusal")
        content = said.get("content")
        return (content, None) if fine and isinstance(content, str) else (None, None)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None, None


def _call(call: Call) -> dict[str, Any]:
    function = {"name": call[0], "arguments": call[1]}
    return {"id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}


def _head(kind: str, model: str) -> dict[str, Any]:
    name = f"chatcmpl-{secrets.token_hex(12)}"
    return {"id": name, "object": kind, "created": int(time.time()), "model": model}


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
