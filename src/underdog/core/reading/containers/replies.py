"""API replies and lists of typed parts: what the model wrote, taken out of them."""

from __future__ import annotations

import ast
import html
import json
import re
from typing import Any

from ..fields import objects

ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,4}|#x[\da-f]{1,4});", re.I)
HIDDEN_TYPES = ("think", "reason", "redact", "tool_result")
DECLINED = "I must decline."
"""What stands for a field that says that the model declined, whatever its words."""

SAYING = ("text", "output_text", "message", "refusal", "tool_use", "function_call")
"""Types of the parts of a message that hold an answer."""

CHOICES = ("choices", "candidates", "outputs", "generations")
"""Lists of replies of which the first counts."""

PRINTED = re.compile(r"(?:\w+\()?content=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:[,)\s]|\Z)")
"""A message object as Python prints it."""

NESTED = 3
"""Replies inside each other that are opened."""


def opened(wrote: str) -> str:
    """What the model wrote, out of an API reply or list of typed parts, if ``wrote`` is one."""
    if ENTITY.search(wrote):
        wrote = html.unescape(wrote)
    if printed := PRINTED.match(wrote.lstrip()):
        wrote = str(ast.literal_eval(printed[1]))
    for _ in range(NESTED):
        if wrote.lstrip()[:1] not in ("{", "[", '"') or (inner := _message(wrote)) is None:
            break
        wrote = inner
    return wrote


def _message(wrote: str) -> str | None:
    try:
        thing: Any = json.loads(wrote)
    except (ValueError, RecursionError):
        things, around, _ = objects(wrote)
        if len(things) != 1 or around.strip():
            return None
        thing = things[0]
    return thing if isinstance(thing, str) else message(thing)


def message(thing: Any) -> str | None:
    """The text of an API reply or of a list of typed parts; None if ``thing`` is neither."""
    if isinstance(thing, list):
        parts = [part for part in thing if isinstance(part, dict)]
        if not parts or len(parts) < len(thing):
            return None
        if len(parts) == 1 and isinstance(parts[0].get("generated_text"), str):
            return str(parts[0]["generated_text"])
        if all("role" in part for part in parts):
            last = [p for p in parts if p["role"] in ("assistant", "model", "ai")]
            return message(last[-1]) if last else None
        if all(isinstance(part.get("type"), str) for part in parts) and any(
            part["type"] in SAYING for part in parts
        ):
            shown = [p for p in parts if not any(w in p["type"] for w in HIDDEN_TYPES)]
            return "".join(filter(None, (_part(part) for part in shown)))
        return None
    if not isinstance(thing, dict):
        return None
    if thing.get("type") in ("tool_use", "function_call"):
        return _part(thing)
    return _reply(thing)


def _reply(thing: dict[str, Any]) -> str | None:
    """The text of one message, or of the first choice of a reply; what it hands to a tool."""
    for key in ("messages", "output", *CHOICES):
        inner = thing.get(key)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            return message(inner[0] if key in CHOICES else inner) or _written(inner[0])
    for key in ("message", "response", "body", "delta", "content"):
        if isinstance(thing.get(key), dict) and (found := message(thing[key])) is not None:
            return found
    if "role" in thing and (handed := _handed(thing)) is not None:
        return handed
    if (written := _written(thing, ("generated_text", "output_text", "outputText"))) is not None:
        return written
    typed = isinstance(thing.get("content"), list) and message(thing["content"])
    said = (
        typed
        or {"role", "parts"} & set(thing)
        or set(thing) <= {"content", "type", "reasoning_content"}
    )
    return _content(thing) if said else None


def _written(thing: dict[str, Any], keys: tuple[str, ...] = ("text",)) -> str | None:
    """The text that a completion holds under one of ``keys``."""
    return next((thing[key] for key in keys if isinstance(thing.get(key), str)), None)


def _content(thing: dict[str, Any]) -> str | None:
    """The content of a message: a text, or the texts of its parts that are no thoughts."""
    for key in ("content", "parts", "text"):
        inner = thing.get(key)
        if isinstance(inner, str):
            return inner
        if isinstance(inner, list) and inner:
            if all(isinstance(part, dict) and "text" in part for part in inner):
                return "".join(str(part["text"]) for part in inner if not part.get("thought"))
            return message(inner)
    return None


def _handed(thing: dict[str, Any]) -> str | None:
    """What a message without words says: that it declines, or the arguments of its tool call."""
    if thing.get("content"):
        return None
    if isinstance(thing.get("refusal"), str) and thing["refusal"].strip():
        return DECLINED
    for call in thing.get("tool_calls") or [thing.get("function_call")]:
        named = call.get("function", call) if isinstance(call, dict) else None
        if isinstance(named, dict) and isinstance(named.get("arguments"), str | dict):
            given = named["arguments"]
            return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return None


def _part(part: dict[str, Any]) -> str:
    if part.get("type") == "refusal":
        return DECLINED
    if part.get("type") in ("tool_use", "function_call"):
        given = part.get("input", part.get("arguments"))
        return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    inner = part.get("text", part.get("content", ""))
    return inner if isinstance(inner, str) else message(inner) or ""
