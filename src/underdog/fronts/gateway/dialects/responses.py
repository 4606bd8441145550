"""OpenAI Responses: the text of a request, and a reply, whole or streamed."""

from __future__ import annotations

import secrets
import time
from typing import Any

from ..asgi import dumped
from .chat import Call
from .content import plain

PATH = "/responses"


def last_text(body: dict[str, Any]) -> str | None:
    """The text of the last message, where a user wrote it and it is nothing but text."""
    given = body.get("input")
    if isinstance(given, str):
        return given
    if not isinstance(given, list) or not given or not isinstance(given[-1], dict):
        return None
    last = given[-1]
    if last.get("type", "message") != "message" or last.get("role") != "user":
        return None
    return plain(last.get("content"))


def whole(model: str, content: str | None, call: Call | None = None, tokens: int = 0) -> bytes:
    """A response that says ``content``, or calls a tool."""
    return dumped(_response(model, [_item(content, call)], "completed", tokens))


def stream(
    model: str, content: str | None, call: Call | None = None, usage: bool = False
) -> list[bytes]:
    """The events of a response that is streamed; ``usage`` is sent with the last in any case."""
    item = _item(content, call)
    open_ = {**_response(model, [], "in_progress", 0), "usage": None}
    at: dict[str, Any] = {"item_id": item["id"], "output_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": open_},
        {"type": "response.in_progress", "response": open_},
        {"type": "response.output_item.added", "output_index": 0, "item": _begun(item)},
    ]
    if call is not None:
        events += [
            {"type": "response.function_call_arguments.delta", **at, "delta": call[1]},
            {"type": "response.function_call_arguments.done", **at, "arguments": call[1]},
        ]
    else:
        part: dict[str, Any] = {
            "type": "output_text",
            "text": "",
            "annotations": [],
            "logprobs": [],
        }
        here = {**at, "content_index": 0}
        events += [
            {"type": "response.content_part.added", **here, "part": part},
            {"type": "response.output_text.delta", **here, "delta": content, "logprobs": []},
            {"type": "response.output_text.done", **here, "text": content, "logprobs": []},
            {"type": "response.content_part.done", **here, "part": {**part, "text": content}},
        ]
    done = {**open_, "output": [item], "status": "completed", "usage": _usage(0)}
    events += [
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": done},
    ]
    return [
        f"event: {event['type']}\n".encode()
        + b"data: "
        + dumped({**event, "sequence_number": n})
        + b"\n\n"
        for n, event in enumerate(events)
    ]


def reply(response: dict[str, Any]) -> tuple[str | None, Call | None]:
    """What a response said: its text, or its only call of a tool; neither if there is more."""
    try:
        if response.get("status") != "completed":
            return None, None
        items = [item for item in response["output"] if item["type"] != "reasoning"]
        (item,) = items
        if item["type"] == "function_call":
            return None, (str(item["name"]), str(item["arguments"]))
        if item["type"] != "message":
            return None, None
        (part,) = item["content"]
        return (part["text"], None) if part["type"] == "output_text" else (None, None)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None, None


def _item(content: str | None, call: Call | None) -> dict[str, Any]:
    if call is not None:
        return {
            "type": "function_call",
            "id": f"fc_{secrets.token_hex(12)}",
            "call_id": f"call_{secrets.token_hex(12)}",
            "name": call[0],
            "arguments": call[1],
            "status": "completed",
        }
    part: dict[str, Any] = {
        "type": "output_text",
        "text": content,
        "annotations": [],
        "logprobs": [],
    }
    name = f"msg_{secrets.token_hex(12)}"
    role = {"role": "assistant", "status": "completed", "content": [part]}
    return {"type": "message", "id": name, **role}


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"content": []} if item["type"] == "message" else {"arguments": ""}
    return {**item, "status": "in_progress", **empty}


def _response(model: str, output: list[Any], status: str, tokens: int) -> dict[str, Any]:
    return {
        "id": f"resp_{secrets.token_hex(12)}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "model": model,
        "output": output,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": _usage(tokens),
    }


def _usage(tokens: int) -> dict[str, Any]:
    return {
        "input_tokens": tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens,
    }
