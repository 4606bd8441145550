"""Running a gateway: uvicorn with its fast parser and loop, and an end that loses nothing."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from .app import Gateway
from .seldom import SELDOM

SWITCH = 0.0005
"""Seconds after which a thread of the ledger gives way to requests; Python's default is .005."""

ARRIVAL = 60.0
"""Seconds in which a request must arrive, head and body."""

GRACE = 30
"""Seconds for accepted requests to finish after SIGTERM."""


def serve(gateway: Gateway, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or Ctrl-C. ``ready`` is called with the port once requests are taken.

    Raises `UnderdogError` for an address that cannot be taken.
    """
    try:
        check_address(gateway.settings.host, gateway.settings.port)
        made(gateway, settled(ready)).run()
    finally:
        gateway.close()


def settled(ready: Callable[[int], None]) -> Callable[[int], None]:
    """``ready``, after which this process is a gateway and nothing else.

    What lives as long as it does is not looked through for garbage again and again.
    """

    def then(port: int) -> None:
        gc.collect()
        gc.freeze()
        ready(port)

    return then


def check_address(host: str, port: int) -> None:
    """Raise `UnderdogError` where nothing can listen on ``port`` of ``host``: uvicorn only logs."""
    try:
        if not 0 <= port < 1 << 16:
            raise OverflowError("a port is a number from 0 to 65535")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except (OSError, UnicodeError, OverflowError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise UnderdogError(
            f"cannot listen on {host}:{port}: {why}", "a free port of this machine: --port 0"
        ) from error


def made(gateway: Gateway, ready: Callable[[int], None]) -> Any:
    """A server of uvicorn for ``gateway``, not yet running; see `serve`."""
    uvicorn: Any = require("uvicorn", "serve")
    require("httptools", "serve")
    require("uvloop", "serve")
    sys.setswitchinterval(SWITCH)
    config = uvicorn.Config(
        gateway,
        host=gateway.settings.host,
        port=gateway.settings.port,
        loop="uvloop",
        http=_protocol(),
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE,
        backlog=2048,
    )
    logging.getLogger("uvicorn.error").addFilter(SELDOM)
    server = uvicorn.Server(config)
    usual = server.startup

    async def startup(sockets: Any = None) -> None:
        await usual(sockets)
        if server.started:
            ready(server.servers[0].sockets[0].getsockname()[1])

    server.startup = startup
    return server


class Corked:
    """A transport that sends what is written in one turn of the event loop at once.

    The head and the body of a reply then travel together, at the price of one system call.
    """

    def __init__(self, transport: Any, loop: Any) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send ``data`` at the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Send what is left, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            if not self._transport.is_closing():
                self._transport.write(parts[0] if len(parts) == 1 else b"".join(parts))


def _protocol() -> Any:
    """uvicorn's protocol, with a deadline for a request that does not arrive."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Bounded(HttpToolsProtocol):
        _deadline: Any = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.transport: Any = Corked(transport, self.loop)
            self._arm()

        def data_received(self, data: bytes) -> None:
            if self._deadline is None:
                self._arm()
            super().data_received(data)

        def on_message_complete(self) -> None:
            self._disarm()
            super().on_message_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            super().connection_lost(exc)

        def _arm(self) -> None:
            self._deadline = self.loop.call_later(ARRIVAL, self.transport.close)

        def _disarm(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Bounded
