"""The part of ASGI that the gateway needs: a body within limits, a reply, an error as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")

_compact = json.JSONEncoder(separators=(",", ":")).encode

BODY_SECONDS = 60.0
"""Seconds in which the whole body of a request must arrive."""

DROPPING_SECONDS = 5.0
"""Seconds for which the rest of a body that is too large is read."""

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
}


class HttpError(Exception):
    """A request that is refused: the status, a sentence, and headers such as Retry-After."""

    def __init__(self, status: int, problem: str, headers: Iterable[Header] = ()) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem
        self.headers = tuple(headers)


class GoneError(Exception):
    """The client went away before its request was complete: there is no one to answer."""


def header(scope: Scope, name: bytes) -> bytes:
    """The first header ``name`` (in lower case) of a request; empty if it has none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body of a request of at most ``limit`` bytes, within `BODY_SECONDS`."""
    said = header(scope, b"content-length")
    if said and not said.isdigit():
        raise HttpError(400, "content-length is no number")
    if said and (len(said) > 18 or int(said) > limit):
        raise await _too_large(receive, limit)
    first = await _next(receive) if not said else await receive()
    if first["type"] == "http.disconnect":
        raise GoneError
    if not first.get("more_body"):
        return bytes(first.get("body", b""))
    return await _rest(first.get("body", b""), receive, limit)


async def _next(receive: Receive) -> Message:
    try:
        return await asyncio.wait_for(receive(), BODY_SECONDS)
    except TimeoutError:
        raise HttpError(408, "the body of the request did not arrive in time") from None


async def _rest(first: bytes, receive: Receive, limit: int) -> bytes:
    parts, size = [first], len(first)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise GoneError
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise await _too_large(receive, limit)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise HttpError(408, "the body of the request did not arrive in time") from None


async def _too_large(receive: Receive, limit: int) -> HttpError:
    """The refusal, after what still arrives is read and dropped: most clients send all of a body
    before they read a reply, and would find a broken connection instead."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DROPPING_SECONDS):
            while (await receive()).get("more_body"):
                pass
    return HttpError(413, f"the request has more than {limit:,} bytes")


def parsed(data: bytes) -> dict[str, Any]:
    """A JSON object; refused with status 400 if ``data`` is anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise HttpError(400, "the body is not valid JSON") from None
    if not isinstance(found, dict):
        raise HttpError(400, "the body is not a JSON object")
    return found


def dumped(thing: Any) -> bytes:
    """``thing`` as compact JSON; a lone surrogate is written as an escape."""
    return _compact(thing).encode()


async def reply(
    send: Send, status: int, content: bytes, headers: Iterable[Header] = (JSON,)
) -> None:
    """A whole reply in two messages."""
    found = [*headers, (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": found})
    await send({"type": "http.response.body", "body": content})


async def refuse(send: Send, error: HttpError) -> None:
    """An error in the shape in which OpenAI's API sends errors."""
    what = {
        "message": error.problem,
        "type": TYPES.get(error.status, "server_error"),
        "param": None,
        "code": None,
    }
    await reply(send, error.status, dumped({"error": what}), (JSON, *error.headers))


def names(headers: Mapping[str, str]) -> list[Header]:
    """Headers as ASGI wants them; a value is cut to what a header may hold."""
    return [(k.encode(), v.encode("latin-1", "replace")[:500]) for k, v in headers.items()]
