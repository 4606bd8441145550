"""API replies, chat templates, LaTeX and tags, unpacked: what the model wrote, as plain text."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from .fields import objects

SPECIAL = re.compile(
    r"<\|(?:im_start|start_header_id)\|>\s*\w*\s*(?:<\|end_header_id\|>)?"
    r"|<\|[\w/ -]{1,40}\|>|<｜[^｜<>]{1,40}｜>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>(?:model\b)?"
    r"|<(?:eos|bos|pad|unk)>",
    re.I,
)
SPEAKER = re.compile(r"^\s*(?:\*\*)?(?:assistant|model|ai|bot|gpt|chatgpt)(?:\*\*)?\s*:\s*", re.I)
BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
LATEX = re.compile(
    r"\\(?:text|textbf|mathrm|mathbf|textit|texttt|emph|operatorname)\s*\{([^{}]*)\}"
)
DOUBLE = re.compile(r"\[\[([^\[\]\n]{1,60})\]\]")
PROMPTED = re.compile(
    r"\A.*(?:\[/INST\]|<\|im_start\|>assistant|<start_of_turn>model|<\|assistant\|>"
    r"|^\s*(?:system|user|human)\b.*\n\s*(?:\*\*)?(?:assistant|ai|model)(?:\*\*)?\s*:)(?=.*\w)",
    re.I | re.S,
)
"""A prompt that was recorded with the answer."""

FENCE = re.compile(r"(?:```|~~~)[\w+-]*[ \t]*\n?(.*?)(?:```|~~~|\Z)", re.S)
HASHES = re.compile(r"^\s*####\s*(.+)$", re.M)
FINAL_TAG = re.compile(r"<(final_?answer|answer|final|ans|solution)>\s*(.*?)\s*</\1>", re.S | re.I)
FIELD_TAG = re.compile(
    r"<((?:predicted_?)?(?:label|category|class|classification|intent|sentiment|topic|tag|prediction"
    r"|output|result|response|verdict|decision|choice))>\s*(.*?)\s*</\1>",
    re.S | re.I,
)
CONTINUED = re.compile(
    r"\n\s*(?:\*\*)?(?:text|input|first text|premise|user|human|question|q|example|review|message"
    r"|sentence|tweet|ticket|comment|post|email|document|passage)(?:\s+\d+)?(?:\*\*)?\s*:"
    r"|\n\s*#{3,}\s*\n|<eos>|</s>|<\|(?:endoftext|im_end|eot_id|end_of_text)\|>|<end_of_turn>",
    re.I,
)
STRUCK = re.compile(r"~~[^~\n]+~~")
ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,4}|#x[\da-f]{1,4});", re.I)
HIDDEN_TYPES = ("think", "reason", "redact", "tool_result")
DECLINED = "I must decline."
"""What stands for a field that says that the model declined, whatever its words."""

SAYING = ("text", "output_text", "message", "refusal", "tool_use", "function_call")
"""Types of the parts of a message that hold an answer."""

NESTED = 3
"""Replies inside each other that are opened."""


def opened(wrote: str) -> str:
    """What the model wrote, out of an API reply or list of typed parts, if ``wrote`` is one."""
    if ENTITY.search(wrote):
        wrote = html.unescape(wrote)
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


def unpacked(text: str) -> str:
    """``text`` without the marks of chat templates, LaTeX and tags; final answers on own lines."""
    text = DOUBLE.sub(r"\nFinal answer: \1\n", text)
    text = SPEAKER.sub("", SPECIAL.sub(" ", STRUCK.sub(" ", text)))
    text = LATEX.sub(r"\1", text)
    text = BOXED.sub(lambda m: f"\nFinal answer: {m[1].strip()}\n", text)
    text = re.sub(r"\$+(?=\s*\nFinal answer:)|(?<=\n)\$+", "", text)
    text = FINAL_TAG.sub(r"\nFinal answer: \2\n", text)
    text = FIELD_TAG.sub(r"\nLabel: \2\n", text)
    return HASHES.sub(r"Final answer: \1", text).strip()


def first_turn(text: str) -> str:
    """``text`` behind a prompt that was recorded with it, and up to where the model goes on with a
    text of its own, as base models do."""
    text = PROMPTED.sub("", text)
    found = CONTINUED.search(text)
    return text[: found.start()] if found and text[: found.start()].strip() else text


def message(thing: Any) -> str | None:
    """The text of an API reply or of a list of typed parts; None if ``thing`` is neither."""
    if isinstance(thing, list):
        parts = [part for part in thing if isinstance(part, dict)]
        if not parts or len(parts) < len(thing):
            return None
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
    return _reply(thing)


def _reply(thing: dict[str, Any]) -> str | None:
    """The text of one message, or of the first choice of a reply; what it hands to a tool."""
    for key in ("messages", "choices", "candidates", "output"):
        inner = thing.get(key)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            return message(inner[0] if key in ("choices", "candidates") else inner)
    for key in ("message", "response", "body", "delta", "content"):
        if isinstance(thing.get(key), dict) and (found := message(thing[key])) is not None:
            return found
    if "role" in thing and (handed := _handed(thing)) is not None:
        return handed
    said = {"role", "parts"} & set(thing) or set(thing) <= {"content", "type", "reasoning_content"}
    return _content(thing) if said else None


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
