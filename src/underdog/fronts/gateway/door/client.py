"""An HTTP/1.1 client for one upstream: connections kept open, replies passed on as they arrive.

The SDKs' client spends more time on one request than all the rest of the gateway does (see
`benchmarks.gateway`), so this one does no more than a door needs: it parses with httptools, the
parser that the server uses too, and hands out the pieces of a reply unchanged.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..asgi import Header

IDLE = 4.0
"""Seconds for which an unused connection is kept: servers close theirs after five or more."""

CONNECT = 10.0
"""Seconds to open a connection."""

AHEAD = 1 << 18
"""Bytes of a reply that may wait for a slow client before the upstream is asked to pause."""

MOST_IDLE = 256


class UpstreamError(Exception):
    """The upstream could not be reached, or broke off; ``status`` is what the client is told."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the upstream; ``timeout`` is in seconds, until the reply begins."""

    method: str
    target: bytes
    headers: list[Header]
    body: bytes
    timeout: float


class Exchange(asyncio.Protocol):
    """One connection, and the reply that is being read from it."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.idle_since = 0.0
        self._wake: asyncio.Future[None] | None = None
        self._begin()

    def _begin(self) -> None:
        import httptools

        self.status = 0
        self.headers: list[Header] = []
        self.complete = False
        self.keep = False
        self.broken = ""
        self._headed = False
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._parser = httptools.HttpResponseParser(self)

    @property
    def usable(self) -> bool:
        """Whether another request can be sent on this connection."""
        return (
            not self.broken
            and not self.transport.is_closing()
            and time.monotonic() - self.idle_since < IDLE
        )

    @property
    def waiting(self) -> bool:
        """Whether pieces of the body have arrived that were not taken yet."""
        return bool(self._chunks)

    def send(self, head: bytes, body: bytes) -> None:
        """Send a request; the reply is read by `started` and `pieces`."""
        self._begin()
        self.transport.write(head + body if len(body) < 1 << 16 else head)
        if len(body) >= 1 << 16:
            self.transport.write(body)

    async def started(self, timeout: float) -> None:
        """Wait for the head of the reply, ``timeout`` seconds at most."""
        timer = asyncio.get_running_loop().call_later(timeout, self._late)
        try:
            while not self._headed:
                if self.broken:
                    raise UpstreamError(*self._fault())
                await self._woken()
        finally:
            timer.cancel()

    async def piece(self) -> bytes:
        """The next piece of the body, empty at its end. Raises `UpstreamError` if it breaks off."""
        while not self._chunks:
            if self.complete:
                return b""
            if self.broken:
                raise UpstreamError(*self._fault())
            await self._woken()
        found = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        return found

    def close(self) -> None:
        """Drop the connection: the reply is not wanted any more."""
        if self.transport is not None:
            self.transport.abort()

    def _late(self) -> None:
        self.broken = "late"
        self._ring()

    def _fault(self) -> tuple[int, str]:
        if self.broken == "late":
            return 504, "the upstream did not answer in time"
        return 502, f"the upstream broke off: {self.broken}"

    async def _woken(self) -> None:
        self._wake = asyncio.get_running_loop().create_future()
        await self._wake

    def _ring(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    # asyncio.Protocol
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        import httptools

        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.broken = "it wants another protocol"
        except httptools.HttpParserError as error:
            self.broken = f"no HTTP ({error})"[:200]
        if self._size > AHEAD and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        if self.broken:
            self.transport.abort()
        self._ring()

    def eof_received(self) -> None:
        self._ended("the connection was closed")

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(type(exc).__name__ if exc else "the connection was closed")

    def _ended(self, why: str) -> None:
        if self._headed and not self.complete and not self._framed():
            self.complete = True  # a reply without a length ends with the connection
        self.broken = self.broken or why
        self._ring()

    def _framed(self) -> bool:
        return any(k in (b"content-length", b"transfer-encoding") for k, _ in self.headers)

    # httptools callbacks
    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers = []  # 100 Continue and 103 Early Hints: the reply is still to come
            return
        self.keep = self._parser.should_keep_alive()
        self._headed = True

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        if self._headed:
            self.complete = True


class Upstream:
    """The server behind the door: where requests go, and the open connections to it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.secure = parts.scheme == "https"
        self.port = parts.port or (443 if self.secure else 80)
        self.path = parts.path.rstrip("/")
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{self.path}"
        default = 443 if self.secure else 80
        name = f"[{self.host}]" if ":" in self.host else self.host
        self._host = (name if self.port == default else f"{name}:{self.port}").encode()
        self._idle: deque[Exchange] = deque()
        self._ssl = ssl.create_default_context() if self.secure else None

    def target(self, path: str) -> str:
        """The path to ask the upstream for: its own path stands in the place of /v1."""
        if self.path and (path == "/v1" or path.startswith("/v1/")):
            return self.path + path[3:]
        return self.path + path

    async def request(self, asked: Request) -> Exchange:
        """Send a request and wait for the head of the reply.

        Raises `UpstreamError`. `done` must follow, whatever happens.
        """
        lines = [asked.method.encode(), b" ", asked.target, b" HTTP/1.1\r\n"]
        lines += (b"host: ", self._host, b"\r\n")
        for name, value in asked.headers:
            lines += (name, b": ", value, b"\r\n")
        if asked.body or asked.method in ("POST", "PUT", "PATCH"):
            lines += (b"content-length: ", b"%d" % len(asked.body), b"\r\n")
        lines.append(b"\r\n")
        exchange = await self._connection()
        exchange.send(b"".join(lines), asked.body)
        try:
            await exchange.started(asked.timeout)
        except BaseException:
            exchange.close()
            raise
        return exchange

    def done(self, exchange: Exchange) -> None:
        """Keep the connection for the next request if it is whole, else drop it."""
        if exchange.complete and exchange.keep and not exchange.broken:
            exchange.idle_since = time.monotonic()
            if len(self._idle) < MOST_IDLE:
                self._idle.append(exchange)
                return
        exchange.close()

    def close(self) -> None:
        """Drop the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    async def _connection(self) -> Exchange:
        while self._idle:
            exchange = self._idle.pop()
            if exchange.usable:
                return exchange
            exchange.close()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT):
                _, made = await loop.create_connection(
                    Exchange, self.host, self.port, ssl=self._ssl
                )
        except TimeoutError:
            raise UpstreamError(504, f"no connection to the upstream in {CONNECT:g} s") from None
        except OSError as error:
            said = error.strerror or type(error).__name__
            raise UpstreamError(502, f"the upstream cannot be reached: {said}"[:300]) from None
        return made
