"""One request passed on, and its reply passed back: bytes, status and headers as they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..asgi import Header, Receive, Scope, Send
from .client import Exchange, Request, Upstream, UpstreamError

HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
        b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"host",
        b"content-length", b"expect",
    }
)  # fmt: skip
"""Headers that belong to one connection, and those that are written again for the next."""

READABLE = (b"identity", b"gzip", b"deflate")
"""Packings that the ledger can read; others are not offered to the upstream."""

MOST_KEPT = 4 << 20
"""Bytes of a reply that are kept to be read for its usage; a longer one is passed on unread."""


@dataclass
class UpstreamReply:
    """What came back: ``body`` is what the ledger reads, cut off at `MOST_KEPT` (``cut``)."""

    status: int = 0
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    cut: bool = False
    whole: bool = False
    problem: str = ""
    first: float = 0.0

    def header(self, name: bytes) -> bytes:
        """The first header called ``name``; empty if there is none."""
        return next((v for k, v in self.headers if k == name), b"")


def outgoing(scope: Scope, credential: bytes | None = None) -> list[Header]:
    """The headers for the upstream; ``credential`` takes the place of the caller's, if given."""
    found = []
    listed = _listed(scope["headers"])
    for name, value in scope["headers"]:
        if name in HOP or name in listed or name.startswith(b"x-underdog-"):
            continue
        if name == b"accept-encoding":
            value = _packings(value)
        elif name == b"authorization" and credential is not None:
            value = credential
        found.append((name, value))
    return found


def target(upstream: Upstream, scope: Scope) -> bytes:
    """The path and query to ask for, as the client wrote them."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = upstream.target(raw.decode("latin-1")).encode("latin-1")
    query = scope.get("query_string") or b""
    return path + b"?" + query if query else path


async def pass_on(
    upstream: Upstream,
    asked: Request,
    receive: Receive,
    send: Send,
    added: Callable[[UpstreamReply], Iterable[Header]],
) -> UpstreamReply:
    """Forward a request and its reply; returns what came back.

    ``added`` makes the headers that are added. A reply in JSON is whole when it is called, since
    no client can use half of it; of any other only the head is there.
    Raises `UpstreamError` only if nothing was sent to the client yet.
    """
    exchange = await upstream.request(asked)
    found = UpstreamReply(exchange.status, first=time.perf_counter())
    try:
        listed = _listed(exchange.headers)
        keep = HOP - {b"content-length"}
        found.headers = [(k, v) for k, v in exchange.headers if k not in keep and k not in listed]
        if asked.method == "HEAD":
            exchange.complete, exchange.keep = True, False
        content = found.header(b"content-type")
        if content.startswith(b"application/json"):
            await _gathered(exchange, found)
        headers = [*found.headers, *added(found)]
        await send({"type": "http.response.start", "status": found.status, "headers": headers})
        if content.startswith(b"text/event-stream"):
            await _streamed(exchange, receive, send, found)
        elif found.whole:
            await send({"type": "http.response.body", "body": found.body})
        else:
            await _pieces(exchange, send, found)
    finally:
        upstream.done(exchange)
    return found


async def fetch(upstream: Upstream, asked: Request) -> UpstreamReply:
    """A request whose whole reply is wanted. Raises `UpstreamError`."""
    exchange = await upstream.request(asked)
    found = UpstreamReply(exchange.status, list(exchange.headers), first=time.perf_counter())
    parts = []
    try:
        while piece := await exchange.piece():
            parts.append(piece)
    finally:
        upstream.done(exchange)
    found.body, found.whole = b"".join(parts), True
    return found


async def _gathered(exchange: Exchange, found: UpstreamReply) -> None:
    """Wait for the whole of a reply, or for `MOST_KEPT` bytes of it."""
    parts: list[bytes] = []
    size = 0
    try:
        while size <= MOST_KEPT and (piece := await exchange.piece()):
            parts.append(piece)
            size += len(piece)
            if exchange.complete and not exchange.waiting:
                break
        found.whole = size <= MOST_KEPT
    except UpstreamError as error:
        found.problem = error.problem
    found.body = b"".join(parts)


async def _pieces(exchange: Exchange, send: Send, found: UpstreamReply) -> None:
    parts = [found.body]
    size = len(found.body)
    if found.body:
        await send({"type": "http.response.body", "body": found.body, "more_body": True})
    if found.problem:
        return
    try:
        while True:
            piece = await exchange.piece()
            size += len(piece)
            if size <= MOST_KEPT:
                parts.append(piece)
            else:
                found.cut = True
            last = not piece or (exchange.complete and not exchange.waiting)
            await send({"type": "http.response.body", "body": piece, "more_body": not last})
            if last:
                found.whole = True
                break
    except UpstreamError as error:  # the client sees a reply that breaks off, as upstream sent it
        found.problem = error.problem
    found.body = b"".join(parts)


async def _streamed(exchange: Exchange, receive: Receive, send: Send, found: UpstreamReply) -> None:
    """Pass events on as they come; where the client goes away, the upstream is told to stop."""
    passing = asyncio.ensure_future(_pieces(exchange, send, found))
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not passing.done():
            exchange.close()
            found.problem = "the client went away"
        await passing
    finally:
        leaving.cancel()
        passing.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _listed(headers: Iterable[Header]) -> frozenset[bytes]:
    """The headers that the header Connection declares to be of this connection only."""
    for name, value in headers:
        if name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
            return frozenset(part.strip().lower() for part in value.split(b","))
    return frozenset()


def _packings(value: bytes) -> bytes:
    """The packings a client accepts, without those that could not be read here."""
    kept = [p for p in value.split(b",") if p.split(b";")[0].strip().lower() in READABLE]
    return b",".join(kept) or b"identity"
