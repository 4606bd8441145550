"""OpenAI fine-tuning files, ShareGPT chats and prompt-completion pairs: the last answer is gold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .export import Export, Reading, Row, all_have, counted
from .messages import role, said_by


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    key = _key(keys)
    if not key:
        return keys <= {"prompt", "completion", "weight", "id"} and {"prompt", "completion"} <= keys
    return all_have(rows, key, list) and any(role(m) for row in rows for m in row.get(key) or [])


def _key(keys: frozenset[str]) -> str:
    return next((key for key in ("messages", "conversations") if key in keys), "")


def _read(rows: list[Row], path: Path | None) -> Reading | None:
    key = _key(frozenset(rows[0]))
    if not key:
        pairs = [{**row, "completion": str(row.get("completion") or "").strip()} for row in rows]
        told = "read as an OpenAI fine-tuning file: text <- prompt, label <- completion"
        return Reading(pairs, told, ("prompt",), "completion")
    found, counts = [], {"chats without an answer": 0, "chats of several turns (last read)": 0}
    for row in rows:
        chat = row.get(key) or []
        answer = said_by(chat, "assistant")
        turns = sum(role(message) == "user" for message in chat)
        counts["chats without an answer"] += answer is None
        counts["chats of several turns (last read)"] += turns > 1
        others = {k: v for k, v in row.items() if k not in (key, "text", "label", "system")}
        label = None if answer is None else answer.strip()
        asked = {"text": said_by(chat, "user"), "label": label, "system": said_by(chat, "system")}
        found.append({**asked, **others})
    told = (
        f"read as chats (an OpenAI fine-tuning file): text <- the last user message in {key}, "
        f"label <- the last assistant message{counted(counts)}"
    )
    return Reading(found, told, ("text",), "label", frozenset({"system"}))


OPENAI_CHATS = Export("OpenAI fine-tuning", _recognise, _read)
