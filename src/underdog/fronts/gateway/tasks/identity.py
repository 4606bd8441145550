"""What makes two requests the same task: everything in them but the text that varies.

The tenant, the protocol, the model that was asked for, instructions, options with their
descriptions and order, system prompt, earlier turns, tools, formats and parameters all count. A
task is also bound to the model that answers: see `Task.resolved`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ....core.data import clean
from ..asgi import HttpError
from ..dialects import chat, decisions, responses, systemone
from ..dialects.content import ordered
from ..dialects.questions import Asked

NOT_IDENTITY = frozenset(
    {"user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_options",
     "prompt_cache_retention", "stream", "stream_options", "service_tier", "store"}
)  # fmt: skip
"""Fields that change who pays or how a reply is sent, and not what is asked."""

NOT_LOCAL = frozenset(
    {"previous_response_id", "conversation", "background", "logprobs", "top_logprobs", "audio",
     "modalities", "prediction", "include", "prompt", "web_search_options", "logit_bias"}
)  # fmt: skip
"""Fields that ask for more than a small model can give: such requests are left alone."""

LONGEST = 100_000
"""Characters of a text at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """What may be a task: ``family`` is its identity, ``text`` what varies.

    ``options`` are the allowed replies where the request states them. ``about`` is what a person
    is shown. ``at`` is the place of the question in the request.
    """

    family: str
    text: str
    options: tuple[str, ...]
    about: Mapping[str, Any]
    at: int


@dataclass(frozen=True, slots=True)
class Parts:
    """A request that may hold tasks; ``asked`` are its questions, where its protocol has any."""

    dialect: Any
    model: str
    parts: tuple[Part, ...]
    asked: Asked | None
    streamed: bool
    usage: bool


def find(path: str, body: Mapping[str, Any], tenant: str) -> Parts | None:
    """The parts of a request that may be tasks; None where it is left alone."""
    for dialect in (chat, responses, decisions, systemone):
        if path.endswith(dialect.PATH):
            if dialect is chat or dialect is responses:
                return _written(dialect, body, tenant)
            return _decided(dialect, body, tenant)
    return None


def _decided(dialect: Any, body: Mapping[str, Any], tenant: str) -> Parts | None:
    try:
        asked: Asked = dialect.parse(body)
    except HttpError:  # the upstream says what is wrong with it
        return None
    if asked.text is None or not 0 < len(asked.text) <= LONGEST:
        return None
    given = body.get("input")
    shape = "messages" if isinstance(given, list) else "text"
    rest = {
        k: v
        for k, v in body.items()
        if k not in NOT_IDENTITY and k not in ("input", "state", "questions")
    }
    common = (tenant, dialect.PATH, shape, ordered(sorted(rest.items())))
    text = clean(asked.text)
    parts = []
    for at, question in enumerate(asked.questions):
        source = {k: v for k, v in question.source.items() if k != "name"}
        about = {
            "dialect": dialect.PATH,
            "model": asked.model,
            "instructions": question.instructions,
            "name": question.name or "",
            "kind": question.kind,
        }
        family = _hash(*common, ordered(source))
        parts.append(Part(family, text, question.options, about, at))
    return Parts(dialect, asked.model, tuple(parts), asked, False, False)


def _written(dialect: Any, body: Mapping[str, Any], tenant: str) -> Parts | None:
    asks_more = any(body[name] for name in NOT_LOCAL.intersection(body))
    if asks_more or body.get("n") not in (None, 1):
        return None
    text, model = dialect.last_text(body), body.get("model")
    if text is None or not 0 < len(text) <= LONGEST or not isinstance(model, str):
        return None
    field = "messages" if dialect is chat else "input"
    given = body[field]
    rest = {k: v for k, v in body.items() if k not in NOT_IDENTITY and k != field}
    if isinstance(given, str):
        shared: Any = "text"
    else:
        last = given[-1]
        shape = "text" if isinstance(last.get("content"), str) else "parts"
        if shape == "parts" and len(last["content"]) != 1:
            return None  # several texts: which of them varies is not known
        shared = [*given[:-1], {k: v for k, v in last.items() if k != "content"}, shape]
    if not _textual(shared):
        return None
    system = _instructions(given, rest)
    about = {"dialect": dialect.PATH, "model": model, "instructions": system, "name": ""}
    family = _hash(tenant, dialect.PATH, ordered(sorted(rest.items())), ordered(shared))
    streamed, usage = chat.streams(body), chat.wants_usage(body)
    return Parts(dialect, model, (Part(family, clean(text), (), about, 0),), None, streamed, usage)


def _instructions(given: Any, rest: Mapping[str, Any]) -> str:
    """The system prompt, as far as it is a text."""
    found = [rest["instructions"]] if isinstance(rest.get("instructions"), str) else []
    for message in given[:-1] if isinstance(given, list) else ():
        if isinstance(message, dict) and message.get("role") in ("system", "developer"):
            content = message.get("content")
            found.append(content if isinstance(content, str) else ordered(content))
    return "\n".join(found)


def _textual(shared: Any) -> bool:
    """Whether the shared turns hold no image, sound or file, and no result of a tool."""
    if isinstance(shared, str):
        return True
    for message in shared[:-2]:
        if not isinstance(message, dict) or message.get("role") == "tool":
            return False
        content = message.get("content")
        if isinstance(content, list) and any(
            not isinstance(p, dict) or p.get("type") not in ("text", "input_text", "output_text")
            for p in content
        ):
            return False
    return True


def _hash(*parts: str) -> str:
    listed = [part.encode("utf-8", "replace") for part in parts]
    sized = b"".join([len(data).to_bytes(8, "little") + data for data in listed])
    return blake2b(sized, digest_size=16).hexdigest()
