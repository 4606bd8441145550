"""Fine-tuning files of OpenAI, ShareGPT, Alpaca and preferences: the last answer is gold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..formats.nested import named
from .export import Export, Reading, Row, all_have, counted, loaded
from .messages import answered, asked, called, role, said_by

ALPACA = frozenset({"instruction", "input", "output"})
PREFERRED = frozenset({"input", "preferred_output"})
GRADED = ("reference_answer", "reference", "answer", "label", "target", "expected")
"""Fields beside a chat without an answer that hold the right one."""

REPLIES = ("choices", "response", "reply", "completion", "output")
"""Fields beside a chat that hold what a model replied to it."""


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    key = _key(keys)
    if key == "contents":
        return all_have(rows, key, list) and any(role(m) for row in rows for m in row[key] or [])
    if keys >= PREFERRED or keys == ALPACA:
        return True
    if not key:
        return keys <= {"prompt", "completion", "weight", "id"} and {"prompt", "completion"} <= keys
    return all_have(rows, key, list) and any(role(m) for row in rows for m in row.get(key) or [])


def _key(keys: frozenset[str]) -> str:
    return next((key for key in ("messages", "conversations", "contents") if key in keys), "")


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
        answer = said_by(chat, "assistant") or called(chat) or _logged(row)
        turns = sum(role(message) == "user" for message in chat)
        counts["chats without an answer"] += answer is None
        counts["chats of several turns (last read)"] += turns > 1
        others = {k: v for k, v in row.items() if k not in (key, "text", "label", "system")}
        label = None if answer is None else _label(answer.strip())
        heard = {"text": said_by(chat, "user"), "label": label, "system": said_by(chat, "system")}
        found.append({**heard, **others})
    gold = next((name for name in GRADED if name in rows[0]), None)
    answers = any(row["label"] for row in found)
    logged = any(_logged(row) is not None for row in rows)
    if not answers or gold or logged:
        what = "without answers"
        if answers:
            what = "with labels beside them" if gold else "with the replies of a model"
        told = f"read as chats {what}: text <- the last user message in {key}"
        told += f", label <- {gold}" if gold else ""
        told += (
            f", llm_answer <- {'the reply' if logged else 'the last assistant message'}" * answers
        )
        for row, whole in zip(found, rows, strict=True):
            said = row.pop("label")
            row |= {"llm_answer": said} if answers else {}
            row.pop(gold or "", None)
            row |= {"label": whole.get(gold)} if gold else {}
        hidden = frozenset(key for row in found for key in row) - {"text", "label"}
        return Reading(found, told, ("text",), "label" if gold else None, hidden)
    told = (
        f"read as chats (an OpenAI fine-tuning file): text <- the last user message in {key}, "
        f"label <- the last assistant message{counted(counts)}"
    )
    return Reading(found, told, ("text",), "label", frozenset({"system"}))


def _logged(row: Row) -> str | None:
    """What a model replied to a chat that was logged beside its reply."""
    replies = ({key: row[key]} if key == "choices" else row[key] for key in REPLIES if row.get(key))
    return next((found for reply in replies if (found := answered(reply)) is not None), None)


def _label(answer: str) -> object:
    """The label in an answer that is an object with one; else the answer."""
    thing = loaded(answer)
    return named(thing) if isinstance(thing, dict) else answer


def _pair(text: object, label: object) -> Row:
    return {"text": text, "label": label.strip() if isinstance(label, str) else label}


OPENAI_CHATS = Export("OpenAI fine-tuning", _recognise, _read)
