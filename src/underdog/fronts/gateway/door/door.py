"""The door: a request is answered by a small model where that is allowed, else passed on."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

from .. import asgi
from ..asgi import Header, HttpError, Receive, Scope, Send
from ..keys import Callers
from ..ledger.prices import PriceList
from ..ledger.writer import Writer
from ..metrics import Metrics
from ..settings import Settings
from ..tasks import identity
from ..tasks.board import Board
from ..tasks.identity import Parts
from ..tasks.router import Decided, Router
from . import usage
from .cache import Cache
from .client import Upstream, UpstreamError
from .forward import Reply, fetch, outgoing, pass_on, target
from .usage import Used

OPT_OUT = b"x-underdog-opt-out"
KEY = "UNDERDOG_UPSTREAM_KEY"
"""The variable that holds the upstream's key, where callers show a key of the gateway instead."""

CREDENTIALS = (b"authorization", b"x-api-key", b"api-key")


@dataclass(slots=True)
class Passage:
    """One request on its way: what is known of it, until it is in the ledger."""

    scope: Scope
    body: bytes
    tenant: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = field(default_factory=time.perf_counter)
    stored: bool = True
    asked: dict[str, Any] | None = None
    parts: Parts | None = None
    decided: list[Decided] = field(default_factory=list)
    used: Used | None = None
    cost: float | None = None

    @property
    def why(self) -> str:
        """Why the upstream is asked, where a task is known."""
        found = [d.choice.why if d.choice else "learning" for d in self.decided if d.task]
        return found[0] if found else ""


class Door:
    """Stands in front of one upstream. Every request gets a row in the ledger."""

    def __init__(
        self, settings: Settings, writer: Writer, board: Board, callers: Callers, metrics: Metrics
    ) -> None:
        self.settings = settings
        self.upstream = Upstream(settings.upstream)
        self.prices = PriceList(settings.upstream)
        self.board = board
        self._router = Router(board)
        self._writer = writer
        self._callers = callers
        self._metrics = metrics
        self._cache = Cache(settings.cache)
        self._key = os.environ.get(KEY, "").strip()
        self._name = f"{os.uname().nodename}:{settings.port}"

    async def handle(self, scope: Scope, receive: Receive, send: Send, own_key: bool) -> int:
        """Answer one request; the status. ``own_key``: its bearer token is the gateway's key."""
        body = await asgi.body(scope, receive, self.settings.max_body)
        credential = f"Bearer {self._key}".encode() if own_key and self._key else None
        found = Passage(scope, body, self._callers.tenant(_credential(scope)))
        found.stored = not asgi.header(scope, OPT_OUT)
        if scope["method"] == "POST" and found.stored:
            await self._read(found)
            if (status := await self._answered(found, receive, send, credential)) is not None:
                return status
        return await self._passed(found, receive, send, credential)

    def close(self) -> None:
        """Drop idle connections."""
        self.upstream.close()

    # answered here
    async def _read(self, found: Passage) -> None:
        """Read the request and decide it, where anything could come of it."""
        accepted = self._callers.accepted(found.tenant)
        if not (self.board.answering or self._cache.seconds) or not accepted:
            return
        _parse(found)
        if found.parts is not None and self.board.answering:
            found.decided = await self._router.decide(found.parts)

    async def _answered(
        self, found: Passage, receive: Receive, send: Send, credential: bytes | None
    ) -> int | None:
        if found.asked is not None and (kept := self._cache.get(found)) is not None:
            await asgi.reply(
                send, 200, kept.body, [*kept.headers, *self._signs(found, "cache", 0.0)]
            )
            self._enter(found, "cache", 200, Used(), 0.0, self.prices.dollars(kept.used) or 0.0)
            return 200
        local = [one for one in found.decided if one.local]
        if not local:
            return None
        if len(local) < len(found.decided):
            return await self._partly(found, send, credential)
        assert found.parts is not None
        kind, pieces = self._router.whole(found.parts, found.decided)
        content = b"".join(pieces)
        task = local[0].task
        assert task is not None
        headers = [(b"content-type", kind), *self._signs(found, f"local; task={task.id}", 0.0)]
        await asgi.reply(send, 200, content, headers)
        self._give(found, local)
        self._enter(found, "local", 200, Used(task.resolved), 0.0, task.price * len(local))
        return 200

    async def _partly(self, found: Passage, send: Send, credential: bytes | None) -> int | None:
        """Ask the upstream only the questions that are undecided, and merge the answers."""
        parts, asked = found.parts, found.asked
        assert parts is not None
        assert asked is not None
        rest = self._router.reduced(parts, found.decided, asked)
        headers = outgoing(found.scope, credential)
        try:
            reply = await fetch(
                self.upstream, "POST", target(self.upstream, found.scope), headers, rest,
                self.settings.timeout,
            )  # fmt: skip
        except UpstreamError:
            return None  # passed on whole: the client gets the upstream's own error
        data = usage.unpacked(reply.body, reply.header(b"content-encoding"))
        try:
            merged = self._router.merged(parts, found.decided, asgi.parsed(data))
        except HttpError:
            merged = None
        if reply.status != 200 or merged is None:
            return None
        used = usage.read(data, False)
        cost = self.prices.dollars(used, parts.model)
        local = [one for one in found.decided if one.local]
        signs = self._signs(found, f"partly local; {len(local)} of {len(found.decided)}", cost)
        await asgi.reply(send, 200, merged, [asgi.JSON, *signs])
        self._give(found, local)
        saved = sum(one.task.price for one in local if one.task)
        self._enter(found, "partly", 200, used, cost, saved)
        self._writer.later(lambda: self._learn(found, data, False))
        return 200

    def _give(self, found: Passage, local: list[Decided]) -> None:
        for one in local:
            if one.task is not None and one.choice is not None and one.own is not None:
                one.task.learner.given(one.choice)
                one.task.counts.local += 1
                one.task.counts.saved += one.task.price
                one.task.dirty = True
                row = (
                    f"{found.id}-{one.part.at}", time.time(), one.task.id, one.text,
                    one.own.value, "local", one.own.value, 0.0,
                )  # fmt: skip
                self._writer.put("examples", row)

    # passed on
    async def _passed(
        self, found: Passage, receive: Receive, send: Send, credential: bytes | None
    ) -> int:
        headers = outgoing(found.scope, credential)

        def added(reply: Reply) -> list[Header]:
            if reply.whole and reply.status < 300:
                data = usage.unpacked(reply.body, reply.header(b"content-encoding"))
                found.used = usage.read(data, False)
                found.cost = self.prices.dollars(found.used)
            return self._signs(found, "upstream", found.cost)

        try:
            reply = await pass_on(
                self.upstream, found.scope, receive, send, found.body, headers, added,
                self.settings.timeout,
            )  # fmt: skip
        except UpstreamError as error:
            self._enter(found, "failed", error.status, Used(), None)
            signs = self._signs(found, "gateway", None)
            raise HttpError(error.status, error.problem, signs) from None
        self._callers.note(found.tenant, reply.status)
        if reply.status == 200 and found.stored:
            self._cache.put(found, reply)
        seconds = time.perf_counter() - found.began
        self._metrics.count("upstream", reply.status, seconds)
        self._writer.later(lambda: self._record(found, reply, seconds))
        return reply.status

    # after the reply, in the writer's thread
    def _record(self, found: Passage, reply: Reply, seconds: float) -> None:
        streamed = reply.header(b"content-type").startswith(b"text/event-stream")
        data = usage.unpacked(reply.body, reply.header(b"content-encoding"))
        used = found.used or usage.read(data, streamed)
        if found.stored and found.scope["method"] == "POST" and found.asked is None:
            _parse(found)
        requested = str((found.asked or {}).get("model") or "")
        cost = found.cost if found.cost is not None else self.prices.dollars(used, requested)
        task = ""
        if reply.status == 200 and reply.whole and found.parts is not None:
            task = self._learn(found, data, streamed)
            self._price(found, cost)
        by = "upstream" if reply.whole else "broken"
        self._row(
            found,
            by,
            reply.status,
            replace(used, model=used.model or requested),
            cost,
            0.0,
            seconds,
            task,
        )

    def _learn(self, found: Passage, data: bytes, streamed: bool) -> str:
        """Teach the tasks of a request what the upstream replied; the identity of the first."""
        parts = found.parts
        assert parts is not None
        decided = found.decided or [Decided(part) for part in parts.parts]
        left = [one for one in decided if not one.local]
        heard = self._router.taught(parts, data, streamed, [one.part.at for one in left])
        task = ""
        for one, said in zip(left, heard, strict=False):
            said = replace(said, request=f"{found.id}-{one.part.at}")
            learned = self.board.observe(one.part, said, found.tenant, one.choice)
            task = task or (learned.id if learned else "")
        return task

    def _price(self, found: Passage, cost: float | None) -> None:
        """Note what one question of each task costs: a moving mean."""
        parts = found.parts
        for part in parts.parts if parts is not None and cost is not None else ():
            matched = self.board.match(part)
            if matched is not None and cost is not None:
                share, task = cost / len(parts.parts if parts else ()), matched[0]
                task.counts.paid += share
                task.price += (share - task.price) * (0.05 if task.price else 1.0)

    def _enter(
        self,
        found: Passage,
        by: str,
        status: int,
        used: Used,
        cost: float | None,
        saved: float = 0.0,
    ) -> None:
        seconds = time.perf_counter() - found.began
        self._metrics.count(by, status, seconds)
        task = next((one.task.id for one in found.decided if one.task), "")
        self._row(found, by, status, used, cost, saved, seconds, task)

    def _row(
        self, found: Passage, by: str, status: int, used: Used, cost: float | None, saved: float,
        seconds: float, task: str,
    ) -> None:  # fmt: skip
        self._metrics.money(cost or 0.0, saved)
        self._writer.put(
            "requests",
            (
                found.id, time.time(), found.tenant, self._name, found.scope["path"], task, by,
                status, seconds, used.model, used.prompt, used.cached, used.written, used.reasoning,
                used.completion, used.audio_in, used.audio_out, cost, saved,
            ),
        )  # fmt: skip

    def _signs(self, found: Passage, by: str, cost: float | None) -> list[Header]:
        signs = {"x-underdog-answered-by": by, "x-underdog-request": found.id}
        if cost is not None:
            signs["x-underdog-dollars"] = f"{cost:.9f}"
        if why := found.why:
            signs["x-underdog-why"] = why
        return asgi.names(signs)


def _parse(found: Passage) -> None:
    try:
        found.asked = asgi.parsed(found.body)
    except HttpError:
        return
    found.parts = identity.find(found.scope["path"], found.asked, found.tenant)


def _credential(scope: Scope) -> bytes:
    return b"\0".join(v for k, v in scope["headers"] if k in CREDENTIALS)
