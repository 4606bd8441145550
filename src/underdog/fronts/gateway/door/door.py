"""The door: a request is answered by a small model where that is allowed, else passed on."""

from __future__ import annotations

import os

from .. import asgi
from ..asgi import Header, HttpError, Receive, Scope, Send
from ..keys import Callers
from ..ledger.writer import Writer
from ..metrics import Metrics
from ..settings import Settings
from ..tasks.board import Board
from ..tasks.reasons import NO_TASK, reason
from ..tasks.router import Router
from . import usage
from .accounts import Accounts
from .cache import ReplyCache
from .client import Request, Upstream, UpstreamError
from .evidence import Book
from .forward import UpstreamReply, fetch, outgoing, pass_on, target
from .near import Near
from .passage import Outcome, Passage
from .usage import Used

OPT_OUT = b"x-underdog-opt-out"
EXPLAIN = b"x-underdog-explain"
KEY = "UNDERDOG_UPSTREAM_KEY"
"""The variable that holds the upstream's key, where callers show a key of the gateway instead."""

CREDENTIALS = (b"authorization", b"x-api-key", b"api-key")


class Door:
    """Stands in front of one upstream. Every request gets a row in the ledger."""

    def __init__(
        self, settings: Settings, writer: Writer, board: Board, callers: Callers, metrics: Metrics
    ) -> None:
        self.settings = settings
        self.upstream = Upstream(settings.upstream)
        self.board = board
        self._router = Router(board)
        self._accounts = Accounts(settings, writer, board, self._router, metrics)
        self._prices = self._accounts.prices
        self._callers = callers
        self._cache = ReplyCache(settings.cache)
        self.near = Near(settings, Book(writer.store, settings.name))
        writer.regularly(self.near.book.keep)
        self._key = os.environ.get(KEY, "").strip()

    async def handle(self, scope: Scope, receive: Receive, send: Send, own_key: bool) -> None:
        """Answer one request. ``own_key``: its bearer token is a key of the gateway."""
        body = await asgi.body(scope, receive, self.settings.max_body)
        credential = f"Bearer {self._key}".encode() if own_key and self._key else None
        stored = not asgi.header(scope, OPT_OUT)
        tenant, wanted = self._callers.tenant(_credential(scope)), asgi.header(scope, EXPLAIN)
        found = Passage(scope, body, tenant, stored, bool(wanted))
        headers = outgoing(scope, credential)
        place = target(self.upstream, scope)
        asked = Request(scope["method"], place, headers, body, self.settings.timeout)
        if scope["method"] == "POST" and stored and self._callers.accepted(found.tenant):
            if self.board.answering or self._cache.seconds:
                found.parse()
            if await self._answered(found, asked, send):
                return
        await self._passed(found, asked, receive, send)

    def close(self) -> None:
        """Drop idle connections."""
        self.upstream.close()

    async def _answered(self, found: Passage, asked: Request, send: Send) -> bool:
        """Whether the request could be answered without the upstream, or with parts of it."""
        by = "cache"
        if (kept := self._cache.get(found)) is None and (kept := self.near.get(found)) is not None:
            by = "cache; near"
        if kept is not None:
            signs = [*kept.headers, *self._signs(found, by, 0.0)]
            saved = self._prices.dollars(kept.used) or 0.0
            self._accounts.enter(found, Outcome("cache", 200, Used(), 0.0, saved))
            await asgi.reply(send, 200, kept.body, signs)
            return True
        if found.parts is None or not self.board.answering:
            return False
        found.decided = await self._router.decide(found.parts)
        local = [one for one in found.decided if one.local]
        if not local:
            return False
        if len(local) < len(found.decided):
            return await self._partly(found, asked, send)
        kind, pieces = self._router.whole(found.parts, found.decided)
        signs = self._signs(found, f"local; task={found.task}", 0.0)
        self._accounts.give(found, local)
        task = local[0].task
        saved = sum(one.task.price for one in local if one.task)
        used = Used(task.resolved if task else "")
        self._accounts.enter(found, Outcome("local", 200, used, 0.0, saved))
        await asgi.reply(send, 200, b"".join(pieces), [(b"content-type", kind), *signs])
        return True

    async def _partly(self, found: Passage, asked: Request, send: Send) -> bool:
        """Ask the upstream only the questions that are undecided, and merge the answers.

        Where that fails, the request is passed on whole: the client gets the upstream's own error.
        """
        parts, body = found.parts, found.asked
        assert parts is not None
        assert body is not None
        rest = self._router.reduced(parts, found.decided, body)
        request = Request(asked.method, asked.target, asked.headers, rest, asked.timeout)
        try:
            reply = await fetch(self.upstream, request)
            data = usage.unpacked(reply.body, reply.header(b"content-encoding"))
            found.reply = asgi.parsed(data)
            merged = self._router.merged(parts, found.decided, found.reply)
        except (UpstreamError, HttpError):
            return False
        if reply.status != 200 or merged is None:
            return False
        used = usage.of_reply(found.reply)
        paid = self._prices.dollars(used, parts.model)
        local = [one for one in found.decided if one.local]
        signs = self._signs(found, f"partly local; {len(local)} of {len(found.decided)}", paid)
        self._accounts.give(found, local)
        saved = sum(one.task.price for one in local if one.task)
        self._accounts.enter(found, Outcome("partly", 200, used, paid, saved))
        self._accounts.learn_later(found)
        await asgi.reply(send, 200, merged, [asgi.JSON, *signs])
        return True

    async def _passed(self, found: Passage, asked: Request, receive: Receive, send: Send) -> None:
        def added(reply: UpstreamReply) -> list[Header]:
            if reply.whole and reply.status < 300:
                data = usage.unpacked(reply.body, reply.header(b"content-encoding"))
                found.reply = usage.loaded(data) or {}
                found.used = usage.of_reply(found.reply)
                found.paid = self._prices.dollars(found.used)
            self._accounts.note(found, reply.status)
            return self._signs(found, "upstream", found.paid)

        try:
            reply = await pass_on(self.upstream, asked, receive, send, added)
        except UpstreamError as error:
            self._accounts.enter(found, Outcome("failed", error.status))
            signs = self._signs(found, "gateway", None)
            raise HttpError(error.status, error.problem, signs) from None
        self._callers.note(found.tenant, reply.status)
        if reply.status == 200 and found.stored:
            self._cache.put(found, reply)
            if self.near.on:
                found.parse()
                self.near.heard(found, reply)
        self._accounts.passed(found, reply)

    def _signs(self, found: Passage, by: str, paid: float | None) -> list[Header]:
        signs = {"x-underdog-answered-by": by, "x-underdog-request": found.id}
        if paid is not None:
            signs["x-underdog-dollars"] = f"{paid:.9f}"
        if why := found.why:
            signs["x-underdog-why"] = why
        if found.explained:
            signs["x-underdog-because"] = self._because(found, by)
        return asgi.names(signs)

    def _because(self, found: Passage, by: str) -> str:
        """Why a cache, the small model or the upstream answered a request, in a sentence."""
        if by == "cache":
            return "the same request was answered not long ago"
        if by == "cache; near":
            return self.near.because(found)
        if not found.stored:
            return "the caller asked that the request be neither stored nor learned from"
        found.parse()
        if found.parts is None:
            return "the request asks for more than one of a few answers to a text"
        if not self._callers.accepted(found.tenant):
            return "the upstream has not accepted this key within the last hour"
        decided = found.decided or [self._router.known(part) for part in found.parts.parts]
        one = next((d for d in decided if d.task and not d.local), decided[0])
        return NO_TASK if one.task is None else reason(self.board, one.task, one.choice)


def _credential(scope: Scope) -> bytes:
    return b"\0".join(v for k, v in scope["headers"] if k in CREDENTIALS)
