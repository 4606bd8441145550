"""Chats as text: the last user message, the assistant's answer, whatever shape a log gives them."""

from __future__ import annotations

import json
from typing import Any

from .export import first_of, loaded

QUESTIONS = ("question", "query", "prompt", "input", "inputs", "text", "message", "content", "user")
ANSWERS = ("answer", "output", "completion", "text", "content", "label", "result", "response")


def plain(content: Any) -> str | None:
    """The text of a message's content: a string, or a list of typed parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        texts = [part for part in parts if isinstance(part, str)]
        return "\n".join(texts) if texts else None
    return str(content) if isinstance(content, int | float) else None


def role(message: Any) -> str:
    """The role of a message, in OpenAI's words; also of ShareGPT's and LangChain's messages."""
    if not isinstance(message, dict):
        return ""
    said = first_of(message, ("role", "from", "type"))
    if isinstance(message.get("id"), list):  # LangChain's serialised messages
        said = str(message["id"][-1]).removesuffix("Message").removesuffix("MessageChunk")
    word = str(said or "").casefold()
    same = {"human": "user", "gpt": "assistant", "ai": "assistant", "model": "assistant"}
    return same.get(word, word)


def said_by(messages: Any, who: str) -> str | None:
    """The last message of ``who`` ("user", "assistant", "system") in a list of messages."""
    if isinstance(messages, list) and messages and all(isinstance(m, list) for m in messages):
        messages = messages[0]  # LangChain logs batches of chats
    for message in reversed(messages if isinstance(messages, list) else []):
        if role(message) == who:
            inner = message.get("kwargs") if isinstance(message.get("kwargs"), dict) else message
            return plain(first_of(inner, ("content", "value", "text", "parts")))
    return None


def called(messages: Any) -> str | None:
    """What the last assistant message hands to a tool, where it says nothing: its one argument, or
    all of them as JSON."""
    for message in reversed(messages if isinstance(messages, list) else []):
        calls = message.get("tool_calls") if role(message) == "assistant" else None
        if isinstance(calls, list) and calls and isinstance(calls[0], dict):
            given = (calls[0].get("function") or {}).get("arguments")
            given = loaded(given) if isinstance(given, str) else given
            if isinstance(given, dict):
                only = next(iter(given.values())) if len(given) == 1 else None
                return only if isinstance(only, str) else json.dumps(given, ensure_ascii=False)
    return None


def asked(request: Any) -> str | None:
    """The text that a request asks about: its last user message, prompt or only field."""
    if isinstance(request, dict) and {"args", "kwargs"} == set(request):  # a traced function
        request = request["args"] or request["kwargs"]
        request = request[0] if isinstance(request, list) and len(request) == 1 else request
    return _found(request, "user", ("messages", "chat_history"), QUESTIONS)


def answered(response: Any) -> str | None:
    """The text that a response gives: of the first choice, message, output or only field."""
    if isinstance(response, dict):
        for key in ("choices", "generations", "candidates", "output"):
            listed = response.get(key)
            if isinstance(listed, list) and listed:
                while isinstance(listed, list) and listed:
                    chosen = listed[-1] if key == "output" else listed[0]
                    listed = chosen
                found = answered(listed)
                if found is not None:
                    return found
        for key in ("message", "kwargs", "body"):
            if isinstance(response.get(key), dict):
                return answered(response[key])
    return _found(response, "assistant", ("messages",), ANSWERS)


def _found(value: Any, who: str, lists: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    if isinstance(value, list):
        found = said_by(value, who)
        return found if found is not None else plain(value)
    if not isinstance(value, dict):
        return plain(value)
    for key in lists:
        if (found := said_by(value.get(key), who)) is not None:
            return found
    if role(value) in ("user", "assistant") and "content" in value:
        return plain(value["content"])
    for key in names:
        inner = value.get(key)
        found = _found(inner, who, lists, names) if isinstance(inner, dict | list) else plain(inner)
        if found is not None:
            return found
    only = list(value.values())
    return plain(only[0]) if len(only) == 1 else None
