"""Fine-tuning files of OpenAI, ShareGPT, Alpaca and preferences: the last answer is gold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .export import Export, Reading, Row, all_have, counted
from .messages import answered, asked, called, role, said_by

ALPACA = frozenset({"instruction", "input", "output"})
PREFERRED = frozenset({"input", "preferred_output"})
GRADED = ("reference_answer", "reference", "answer", "label", "target", "expected")
"""Fields beside a chat without an answer that hold the right one."""


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    key = _key(keys)
    if keys >= PREFERRED or keys == ALPACA:
        return True
    if not key:
        return keys <= {"prompt", "completion", "weight", "id"} and {"prompt", "completion"} <= keys
    return all_have(rows, key, list) and any(role(m) for row in rows for m in row.get(key) or [])


def _key(keys: frozenset[str]) -> str:
    return next((key for key in ("messages", "conversations") if key in keys), "")


def _read(rows: list[Row], path: Path | None) -> Reading | None:
    key = _key(frozenset(rows[0]))
    if set(rows[0]) >= PREFERRED:
        pairs = [_pair(asked(row["input"]), answered(row["preferred_output"])) for row in rows]
        told = "read as a file of preferences: text <- input, label <- preferred_output"
        return Reading(pairs, told, ("text",), "label")
    if set(rows[0]) == ALPACA:
        pairs = [_pair(row["input"] or row["instruction"], row["output"]) for row in rows]
        told = "read as a file of instructions: text <- input, label <- output"
        return Reading(pairs, told, ("text",), "label")
    if not key:
        pairs = [{**row, "completion": str(row.get("completion") or "").strip()} for row in rows]
        told = "read as an OpenAI fine-tuning file: text <- prompt, label <- completion"
        return Reading(pairs, told, ("prompt",), "completion")
    found, counts = [], {"chats without an answer": 0, "chats of several turns (last read)": 0}
    for row in rows:
        chat = row.get(key) or []
        answer = said_by(chat, "assistant") or called(chat)
        turns = sum(role(message) == "user" for message in chat)
        counts["chats without an answer"] += answer is None
        counts["chats of several turns (last read)"] += turns > 1
        others = {k: v for k, v in row.items() if k not in (key, "text", "label", "system")}
        label = None if answer is None else answer.strip()
        heard = {"text": said_by(chat, "user"), "label": label, "system": said_by(chat, "system")}
        found.append({**heard, **others})
    if not any(row["label"] for row in found):
        gold = next((name for name in GRADED if name in rows[0]), None)
        told = f"read as chats without answers: text <- the last user message in {key}"
        told += f", label <- {gold}" if gold else ""
        for row in found:
            row["label"] = row.pop(gold, None) if gold else None
        return Reading(found, told, ("text",), "label" if gold else None, frozenset({"system"}))
    told = (
        f"read as chats (an OpenAI fine-tuning file): text <- the last user message in {key}, "
        f"label <- the last assistant message{counted(counts)}"
    )
    return Reading(found, told, ("text",), "label", frozenset({"system"}))


def _pair(text: object, label: object) -> Row:
    return {"text": text, "label": label.strip() if isinstance(label, str) else label}


OPENAI_CHATS = Export("OpenAI fine-tuning", _recognise, _read)
