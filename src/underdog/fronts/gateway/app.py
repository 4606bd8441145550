"""The gateway as an ASGI application: which request goes to which endpoint, and who may send it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...core.errors import UnderdogError
from . import asgi, openapi
from .asgi import GoneError, HttpError, Receive, Scope, Send
from .crew import TELL, Crew
from .dashboard.api import STATIC, Dashboard
from .door.door import Door
from .keys import Callers, Keys
from .ledger.store import Store
from .ledger.writer import Writer
from .metrics import Metrics
from .served.endpoints import DIALECTS, Served
from .served.hosted import Hosted
from .settings import Settings, check
from .tasks.board import Board

Body = dict[str, Any]
Endpoint = Callable[[Scope, Body], Awaitable[Any]]

OPEN = frozenset({"/healthz", "/readyz"})
"""Paths that need no key: they say nothing but that the gateway lives."""


class Gateway:
    """Everything that runs in one gateway; `close` finishes what was accepted.

    Raises `UnderdogError` where a model, the database or a key cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        check(settings)
        self.settings = settings
        self.token = settings.token or secrets.token_urlsafe(16)
        self.keys = Keys(settings.keys, settings.key_file)
        self.crew = Crew(settings.crew, settings.worker) if settings.crew else None
        self.metrics = Metrics(self.crew.others if self.crew else tuple)
        if self.crew and (before := self.crew.before()):
            self.metrics.resume(before)
        self.served = Served(
            [Hosted(folder, settings.queue, settings.timeout) for folder in settings.models]
        )
        self.door: Door | None = None
        self.board: Board | None = None
        self.store: Store | None = None
        self.writer: Writer | None = None
        if settings.upstream:
            self._open_door()
        self.dashboard = Dashboard(settings, self.board, self.store, self.metrics, self.served)
        self.dashboard.near = self.door.near if self.door else None
        self._tasks: list[asyncio.Task[None]] = []
        self._gauges()
        self._routes: Mapping[tuple[str, str], Endpoint] = {
            ("POST", "/v1/answer"): lambda _, body: self.served.texts(body),
            ("POST", "/v1/decisions"): lambda _, body: self.served.decisions(body),
            ("POST", "/v1/systemone"): lambda _, body: self.served.systemone(body),
            ("GET", "/v1/models"): self._models,
            ("GET", "/openapi.json"): self._document,
        }

    def _open_door(self) -> None:
        self.store = Store(self.settings.store)
        self.writer = Writer(self.store)
        self.board = Board(self.settings, self.store, self.writer)
        callers = Callers(self.store.salt())
        self.door = Door(self.settings, self.writer, self.board, callers, self.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1011})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        def sending(message: asgi.Message) -> Awaitable[None]:
            nonlocal begun
            begun = True
            return send(message)

        try:
            await self._route(scope, receive, sending)
        except GoneError:
            return
        except Exception as error:
            if begun:
                raise  # the server cuts the connection: the client sees that the reply is not whole
            await asgi.refuse(send, _refusal(error))

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        own_key = self._admit(scope, path)
        if path in self.dashboard.paths:
            await self.dashboard.handle(scope, receive, send, self._trusted(scope))
        elif path in OPEN:
            await asgi.reply(send, 200 if self._ready(path) else 503, b'{"status":"ok"}')
        elif path == "/metrics" and method == "GET":
            kind = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
            await asgi.reply(send, 200, self.metrics.page(), [kind])
        elif self.door is not None and path not in ("/v1/answer", "/openapi.json"):
            await self._through_door(scope, receive, send, own_key)
        else:
            await self._local(scope, receive, send)

    async def _through_door(self, scope: Scope, receive: Receive, send: Send, own: bool) -> None:
        """A request for a model of ours is answered by it, every other by the door."""
        assert self.door is not None
        if self.served.models and scope["method"] == "POST":
            data = await asgi.body(scope, receive, self.settings.max_body)
            receive, model = _again(data, receive), None
            with contextlib.suppress(HttpError):
                model = asgi.parsed(data).get("model")
            if self.served.owns(model):
                return await self._local(scope, receive, send)
        await self.door.handle(scope, receive, send, own)

    async def _local(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, method, path = time.perf_counter(), scope["method"], scope["path"]
        try:
            endpoint = self._routes.get((method, path))
            dialect = next((d for p, d in DIALECTS.items() if path == "/v1" + p), None)
            if endpoint is None and (dialect is None or method != "POST"):
                raise self._unknown(method, path)
            body: Body = {}
            if method == "POST":
                body = asgi.parsed(await asgi.body(scope, receive, self.settings.max_body))
            if endpoint is not None:
                found = await endpoint(scope, body)
                kind, pieces = b"application/json", [asgi.dumped(found)]
            else:
                streamed, pieces = await self.served.completion(body, dialect)
                kind = b"text/event-stream; charset=utf-8" if streamed else b"application/json"
        except Exception as error:
            self.metrics.count("model", _refusal(error).status, time.perf_counter() - began)
            raise
        self.metrics.count("model", 200, time.perf_counter() - began)
        signs = [(b"content-type", kind), (b"x-underdog-answered-by", b"model")]
        await asgi.reply(send, 200, b"".join(pieces), signs)

    def _unknown(self, method: str, path: str) -> HttpError:
        known = {p: m for m, p in self._routes} | {"/v1" + p: "POST" for p in DIALECTS}
        if path in known:
            return HttpError(405, f"{path} wants {known[path]}", [(b"allow", known[path].encode())])
        return HttpError(404, f"there is nothing at {path[:100]}")

    async def _models(self, _: Scope, __: Body) -> Any:
        return {"object": "list", "data": self.served.listed()}

    async def _document(self, _: Scope, __: Body) -> Any:
        return openapi.document(bool(self.served.models), self.door is not None)

    # who may
    def _admit(self, scope: Scope, path: str) -> bool:
        """Whether the bearer token is a key of the gateway; refused where one is missing."""
        if not self.keys.wanted or path in OPEN or path in STATIC or self._trusted(scope):
            return False
        if (given := asgi.header(scope, b"x-underdog-key")) and self._valid(given):
            return False
        bearer = asgi.header(scope, b"authorization")
        if bearer[:7].lower() == b"bearer " and self._valid(bearer[7:].strip()):
            return True
        if (given := asgi.header(scope, b"x-api-key")) and self._valid(given):
            return True
        raise HttpError(401, "a valid key of this gateway is missing")

    def _valid(self, key: bytes) -> bool:
        return self.keys.valid(key.decode("latin-1"))

    def _trusted(self, scope: Scope) -> bool:
        """Whether the request may see texts and change tasks."""
        given = asgi.header(scope, b"x-underdog-token")
        return secrets.compare_digest(given, self.token.encode())

    def _ready(self, path: str) -> bool:
        return path == "/healthz" or self.writer is None or not self.writer.problem

    def _gauges(self) -> None:
        self.metrics.gauge(
            "underdog_waiting_texts",
            "Texts that wait for a model.",
            lambda: sum(m.version.batches.waiting for m in self.served.models.values()),
        )
        self.metrics.gauge(
            "underdog_waiting_rows",
            "Rows that are not in the database yet.",
            lambda: self.writer.waiting if self.writer else 0,
        )

    # life
    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        for model in self.served.models.values():
            self._tasks.append(asyncio.create_task(model.follow()))
        if self.crew:
            self._tasks.append(asyncio.create_task(self._tell(self.crew)))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._tasks:
            task.cancel()
        await asyncio.to_thread(self.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _tell(self, crew: Crew) -> None:
        while True:
            await asyncio.to_thread(crew.tell, self.metrics.tally())
            await asyncio.sleep(TELL)

    def close(self) -> None:
        """Write what is left and close the database; the second time nothing happens."""
        if self.door is not None and self.writer is not None and self.store is not None:
            self.door.close()
            self.writer.flush()
            if self.board is not None:
                with self.store.errors():
                    self.board.close()
                    self.door.near.book.save()
            self.writer.close()
            self.store.close()
            self.door = None


def _again(data: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out a body that was read before."""
    given = False

    async def once() -> asgi.Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": data, "more_body": False}

    return once


def _refusal(error: BaseException) -> HttpError:
    """What a client is told about an error; what is our fault goes to standard error as well."""
    if isinstance(error, HttpError):
        return error
    if isinstance(error, UnderdogError):
        return HttpError(400, error.problem)
    if isinstance(error, TimeoutError):
        return HttpError(504, "the answer was not ready in time")
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    return HttpError(500, "the gateway failed; its log says why")
