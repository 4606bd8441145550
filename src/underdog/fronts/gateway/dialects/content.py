"""The text of a message, where it holds nothing but text."""

from __future__ import annotations

import json
from typing import Any

_ordered = json.JSONEncoder(separators=(",", ":")).encode

TEXTUAL = frozenset({"text", "input_text", "output_text"})


def plain(content: Any) -> str | None:
    """The text of a message's content; None where it holds anything else, such as an image."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts = []
    for part in content:
        if not isinstance(part, dict) or part.get("type") not in TEXTUAL:
            return None
        if not isinstance(part.get("text"), str):
            return None
        parts.append(part["text"])
    return "".join(parts)


def canonical(thing: Any) -> str:
    """``thing`` as JSON in which equal things look equal; the order of lists counts."""
    return json.dumps(thing, sort_keys=True, separators=(",", ":"))


def ordered(thing: Any) -> str:
    """``thing`` as JSON in which the order of an object's keys counts too."""
    return _ordered(thing)
