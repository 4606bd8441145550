"""The OpenAPI document of what a gateway answers itself."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}


def _body(required: list[str], **fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": fields}


def _operation(summary: str, schema: dict[str, Any] | None, *errors: int) -> dict[str, Any]:
    failed = {"description": "Refused; the body says why.", "content": _json(OBJECT)}
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {"description": "The answer.", "content": _json(OBJECT)},
            **{str(status): failed for status in (400, 401, *errors)},
        },
    }
    if schema is not None:
        found["requestBody"] = {"required": True, "content": _json(schema)}
    return found


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


QUESTION = {"type": "object", "required": ["type", "instructions"], "additionalProperties": True}
LIMITS = (404, 408, 413, 429, 504)

ANSWER = _body(["texts"], model=TEXT, texts={"type": "array", "minItems": 1, "maxItems": 2048})
DECISIONS = _body(
    ["model", "input", "questions"],
    model=TEXT,
    input={},
    questions={"type": "array", "minItems": 1, "maxItems": 400, "items": QUESTION},
)
SYSTEM_ONE = _body(
    ["model", "state", "questions"],
    model=TEXT,
    state={},
    questions={"type": "object", "minProperties": 1, "additionalProperties": QUESTION},
)
CHAT = _body(
    ["model", "messages"],
    model=TEXT,
    messages={"type": "array", "minItems": 1, "items": OBJECT},
    stream={"type": "boolean"},
)
RESPONSES = _body(["model", "input"], model=TEXT, input={}, stream={"type": "boolean"})
EXPLAIN = _body(["task", "text"], task=TEXT, text=TEXT)
FEEDBACK = _body(["request", "label"], request=TEXT, label=TEXT)


def document(models: bool, door: bool) -> dict[str, Any]:
    """The document of a gateway that serves ``models``, has a ``door``, or both."""
    paths: dict[str, Any] = {
        "/healthz": {"get": _operation("Whether the gateway lives.", None)},
        "/readyz": {"get": _operation("Whether it can store what it hears.", None, 503)},
    }
    if models:
        paths |= {
            "/v1/answer": {"post": _operation("Answer texts.", ANSWER, *LIMITS)},
            "/v1/models": {"get": _operation("The models.", None)},
        }
    if models or door:
        paths |= {
            "/v1/decisions": {"post": _operation("Answer questions.", DECISIONS, *LIMITS)},
            "/v1/systemone": {"post": _operation("Answer questions by name.", SYSTEM_ONE, *LIMITS)},
            "/v1/chat/completions": {"post": _operation("Reply to messages.", CHAT, *LIMITS)},
            "/v1/responses": {"post": _operation("Reply to an input.", RESPONSES, *LIMITS)},
        }
    if door:
        paths["/v1/feedback"] = {"post": _operation("Say what was right.", FEEDBACK, 403, 404)}
        paths["/underdog/explain"] = {
            "post": _operation("Why a text would be passed on.", EXPLAIN, 403, 404)
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "underdog", "version": "1", "description": "The gateway."},
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
    }
