"""A request answered locally, in part, or not at all; and what it teaches when it was not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....core.answer import Answer
from ..asgi import dumped
from ..dialects import chat, decisions, responses
from ..dialects.questions import Question, text_of
from . import replies
from .board import Board
from .families import Heard
from .identity import Part, Parts
from .learner import Choice
from .task import TaskState


@dataclass(frozen=True, slots=True)
class Decided:
    """A part of a request with its task, and what was decided; no task where none is known."""

    part: Part
    task: TaskState | None = None
    text: str = ""
    choice: Choice | None = None
    own: Answer | None = None

    @property
    def local(self) -> bool:
        """Whether the small model answers it."""
        return self.choice is not None and self.choice.local


class Router:
    """Decides the parts of requests, and writes the answers of small models as replies."""

    def __init__(self, board: Board) -> None:
        self.board = board

    async def decide(self, parts: Parts) -> list[Decided]:
        """What each part of a request is answered by."""
        return [await self._one(part) for part in parts.parts]

    def known(self, part: Part) -> Decided:
        """A part with its task and what the small model says, where nothing was decided."""
        matched = self.board.match(part)
        if matched is None:
            return Decided(part)
        return Decided(part, *matched, self.board.choice(*matched))

    async def _one(self, part: Part) -> Decided:
        board, matched = self.board, self.board.match(part)
        if matched is None:
            return Decided(part)
        task, text = matched
        queues = task.batches
        if queues is None or task.policy.state == "off":
            return Decided(part, task, text)
        own = await queues[0].answer([text])
        watched = own if queues[1] is queues[0] else await queues[1].answer([text])
        share = board.share(task, own.values[0])
        choice = task.learner.choose(own, watched, share, text)
        return Decided(part, task, text, choice, own[0])

    def whole(self, parts: Parts, decided: list[Decided]) -> tuple[bytes, list[bytes]]:
        """The reply to a request that is answered locally: its content type, and its pieces."""
        task = decided[0].task
        assert task is not None
        model = task.resolved or parts.model
        if parts.asked is not None:
            said = [self._said(parts, one) for one in decided]
            return b"application/json", [dumped(self._response(parts, model, said))]
        content, call = self._wrote(decided[0])
        if parts.streamed:
            pieces = parts.dialect.stream(model, content, call, parts.usage)
            return b"text/event-stream; charset=utf-8", pieces
        return b"application/json", [parts.dialect.whole(model, content, call)]

    def reduced(self, parts: Parts, decided: list[Decided], body: Mapping[str, Any]) -> bytes:
        """The request with only those questions that go to the upstream."""
        left = [one.part.at for one in decided if not one.local]
        given = body["questions"]
        if isinstance(given, list):
            return dumped({**body, "questions": [given[at] for at in left]})
        names = list(given)
        return dumped({**body, "questions": {names[at]: given[names[at]] for at in left}})

    def merged(self, parts: Parts, decided: list[Decided], reply: dict[str, Any]) -> bytes | None:
        """The upstream's answers to some questions and local ones to the others, in order."""
        said: list[Any] = []
        found = reply.get("answers")
        rest = iter(found) if isinstance(found, list) else iter(())
        for one in decided:
            if one.local:
                said.append(self._said(parts, one))
            elif isinstance(found, dict):
                said.append(found.get(str(_question(parts, one).name)))
            else:
                said.append(next(rest, None))
                if said[-1] is None:
                    return None
        return dumped({**reply, "answers": self._shaped(parts, said)})

    def taught(
        self, parts: Parts, reply: dict[str, Any], left: list[int], request: str
    ) -> list[Heard]:
        """What the upstream replied to the parts ``left`` of a request, as the board learns it."""
        if not reply:
            return []
        resolved = reply.get("model")
        model = resolved if isinstance(resolved, str) else ""
        if parts.asked is not None:
            asked = [parts.asked.questions[at] for at in left]
            said = zip(left, parts.dialect.replies(reply, asked), strict=False)
            return [Heard(f"{request}-{at}", label or "", label or "", model) for at, label in said]
        content, call = parts.dialect.reply(reply)
        wrote = content if content is not None else json.dumps(call) if call else ""
        return [Heard(f"{request}-{left[0]}", wrote or "", replies.label(content, call), model)]

    def joined(self, parts: Parts, stream: list[dict[str, Any]]) -> dict[str, Any]:
        """A streamed reply, as the whole one that it amounts to; empty if it was cut off."""
        if parts.dialect is responses:
            done = [e["response"] for e in stream if e.get("type") == "response.completed"]
            return done[-1] if done and isinstance(done[-1], dict) else {}
        return _joined(stream) if parts.dialect is chat else {}

    def _wrote(self, one: Decided) -> tuple[str | None, chat.Call | None]:
        assert one.task is not None
        assert one.own is not None
        wrote = one.task.spelling(one.own.value)
        if one.own.value.startswith("call "):
            name, arguments = json.loads(wrote)
            return None, (name, arguments)
        return wrote, None

    def _said(self, parts: Parts, one: Decided) -> dict[str, Any]:
        question = _question(parts, one)
        told = one.own.probs if one.own is not None and one.own.probs is not None else {}
        said = one.own.value if one.own is not None else ""
        shares = [float(told.get(text_of(o), 1.0 * (o == said))) for o in question.options]
        found: dict[str, Any] = parts.dialect.answer(question, shares)
        return found

    def _response(self, parts: Parts, model: str, said: list[Any]) -> Any:
        return parts.dialect.response(model, self._shaped(parts, said))

    def _shaped(self, parts: Parts, said: list[Any]) -> Any:
        if parts.dialect is decisions:
            return said
        assert parts.asked is not None
        names = [str(q.name) for q in parts.asked.questions]
        return {name: one for name, one in zip(names, said, strict=True) if one is not None}


def _question(parts: Parts, one: Decided) -> Question:
    assert parts.asked is not None
    return parts.asked.questions[one.part.at]


def _joined(stream: list[dict[str, Any]]) -> dict[str, Any]:
    content: list[str] = []
    calls: dict[int, dict[str, str]] = {}
    end, model = None, ""
    for event in stream:
        model = event.get("model") or model
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            content.append(delta.get("content") or "")
            end = choice.get("finish_reason") or end
            for call in delta.get("tool_calls") or ():
                made = call.get("function") or {}
                kept = calls.setdefault(call.get("index", 0), {"name": "", "arguments": ""})
                kept["name"] += made.get("name") or ""
                kept["arguments"] += made.get("arguments") or ""
    if end is None:
        return {}
    made_calls = [{"function": call} for call in calls.values()]
    message = {"content": "".join(content), "tool_calls": made_calls}
    return {"model": model, "choices": [{"message": message, "finish_reason": end}]}
