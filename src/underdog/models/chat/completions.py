"""What a server of OpenAI's protocol sent, as one completion: streams, typed parts, reasoning."""

from __future__ import annotations

import json
from typing import Any

FILTERED = "[stopped by the content filter]"
"""The completion that stands for one that a server's filter held back: it is read as a refusal."""


def decoded(content: bytes) -> Any:
    """The body of a reply; of a stream of events, the body that they add up to."""
    if content.lstrip().startswith((b"data:", b"event:", b":")):
        return _added_up(content)
    return json.loads(content)


def written(choice: Any) -> str:
    """What the model wrote: its content, else its refusal, else reasoning that was cut off."""
    message = choice["message"]
    said = _text(message.get("content"))
    if said.strip():
        return said
    if message.get("refusal"):
        return f"{FILTERED} {message['refusal']}"
    if choice.get("finish_reason") == "content_filter":
        return FILTERED
    reasoning = _text(message.get("reasoning_content") or message.get("reasoning"))
    return f"<think>\n{reasoning}" if reasoning.strip() else said


def _text(content: Any) -> str:
    """Content as text: a string, or the text parts of a list."""
    if isinstance(content, list):
        shown = [p for p in content if not isinstance(p, dict) or p.get("type") in SHOWN]
        return "".join(str(p.get("text") or "") if isinstance(p, dict) else str(p) for p in shown)
    return "" if content is None else str(content)


SHOWN = ("text", "output_text", None)
"""The types of parts that hold an answer; others hold reasoning, images or tools."""


def _added_up(content: bytes) -> dict[str, Any]:
    """The body whose pieces came as server-sent events; a malformed event is a ValueError."""
    said: dict[str, list[str]] = {"content": [], "reasoning_content": [], "refusal": []}
    finish, usage, begun = None, None, False
    for line in content.decode("utf-8").splitlines():
        data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        if not data or data == "[DONE]":
            continue
        event = json.loads(data)
        usage = event.get("usage") or usage
        for choice in event.get("choices", [])[:1]:
            begun, finish = True, choice.get("finish_reason") or finish
            delta = choice.get("delta") or choice.get("message") or {}
            for key, pieces in said.items():
                pieces.append(_text(delta.get(key)))
    if not begun:
        raise ValueError("a stream without a choice")
    if finish is None:
        raise ValueError("a stream that broke off")
    message = {key: "".join(pieces) for key, pieces in said.items()}
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}
