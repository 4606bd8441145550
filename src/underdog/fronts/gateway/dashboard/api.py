"""What the dashboard shows, as JSON; what a person may change; and feedback on answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs

from ....core.data import clean
from ...card import card
from .. import asgi
from ..asgi import HttpError, Receive, Scope, Send
from ..door.near import Near
from ..ledger.store import Store
from ..metrics import Metrics
from ..served.endpoints import Served
from ..settings import Settings
from ..tasks.board import Board
from ..tasks.reasons import tried
from ..tasks.task import TaskState
from .figures import overview, task_figures
from .words import words

GUARD = [
    (b"content-security-policy",
     b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     b"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]  # fmt: skip
"""The page loads nothing from elsewhere, runs no script within texts, and fits in no frame."""

CARD = [
    (b"content-security-policy",
     b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
     b"frame-ancestors 'none'"),
    *GUARD[1:],
]  # fmt: skip
"""A card has its style inside it, and no script."""

STATIC = {
    "/": ("page.html", b"text/html; charset=utf-8"),
    "/underdog/page.js": ("page.js", b"text/javascript; charset=utf-8"),
    "/underdog/page.css": ("page.css", b"text/css; charset=utf-8"),
}


class Dashboard:
    """The page and its requests. Texts, and changes, need the token that was shown at the start.

    The token travels in a header that no other site can set, so a request forged by another page
    changes nothing.
    """

    def __init__(
        self,
        settings: Settings,
        board: Board | None,
        store: Store | None,
        metrics: Metrics,
        served: Served,
    ) -> None:
        self.settings, self.board, self.store = settings, board, store
        self.metrics, self.served = metrics, served
        self.near: Near | None = None
        self.started = time.time()
        self._calls: dict[tuple[str, str], Callable[[Scope, bool, dict[str, Any]], Any]] = {
            ("GET", "/underdog/overview"): self._overview,
            ("GET", "/underdog/tasks"): self._tasks,
            ("POST", "/underdog/tasks"): self._change,
            ("POST", "/underdog/explain"): self._explain,
            ("POST", "/v1/feedback"): self._feedback,
        }
        self.paths = frozenset((*STATIC, "/underdog/card")) | {path for _, path in self._calls}

    async def handle(self, scope: Scope, receive: Receive, send: Send, trusted: bool) -> None:
        """Answer one request of the page, or one like it."""
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD") and path in STATIC:
            name, kind = STATIC[path]
            content = files(__package__).joinpath(name).read_bytes()
            return await asgi.reply(send, 200, content, [(b"content-type", kind), *GUARD])
        if method in ("GET", "HEAD") and path == "/underdog/card":
            page = await asyncio.to_thread(self._card, scope, trusted)
            return await asgi.reply(
                send, 200, page.encode(), [(b"content-type", STATIC["/"][1]), *CARD]
            )
        call = self._calls.get((method, path))
        if call is None:
            raise HttpError(405, f"{path} does not know {method}")
        body: dict[str, Any] = {}
        if method == "POST":
            body = asgi.parsed(await asgi.body(scope, receive, 1 << 20))
        found = await asyncio.to_thread(call, scope, trusted, body)
        await asgi.reply(send, 200, asgi.dumped(found), [asgi.JSON, *GUARD])

    def _card(self, scope: Scope, trusted: bool) -> str:
        """The card of a saved model; the command that made it, which names files, if trusted."""
        named = parse_qs(scope["query_string"].decode("latin-1")).get("model", [None])
        model = self.served.model(named[-1])
        left_out = () if trusted else ("command",)
        told = {k: v for k, v in model.version.record.items() if k not in left_out}
        return card(model.version.model, told, model.name).html()

    def _overview(self, _: Scope, trusted: bool, __: dict[str, Any]) -> Any:
        parts = self.settings, self.board, self.store, self.served, self.metrics
        near = self.near.figures if self.near is not None and self.near.on else None
        return {**overview(*parts, self.started, trusted), "near": near}

    def _tasks(self, _: Scope, trusted: bool, __: dict[str, Any]) -> Any:
        board = self.board
        if board is None:
            return {"tasks": []}
        return {"tasks": [task_figures(board, t, self.store, trusted) for t in board.tasks]}

    def _change(self, _: Scope, trusted: bool, body: dict[str, Any]) -> Any:
        """Name a task, switch it on or off, pin it to the upstream, or list what it never says."""
        if not trusted:
            raise HttpError(403, "the token of the dashboard is missing or wrong")
        board, task = self._named(body)
        changes: dict[str, Any] = {}
        if "name" in body:
            if not isinstance(body["name"], str) or len(body["name"]) > 80:
                raise HttpError(400, "name: a text of at most 80 characters")
            changes["name"] = body["name"]
        if "state" in body:
            if body["state"] not in ("on", "off", "pinned"):
                raise HttpError(400, "state: on, off or pinned")
            changes["state"] = body["state"]
        if "never" in body:
            listed = body["never"]
            if not isinstance(listed, list) or not all(isinstance(x, str) for x in listed):
                raise HttpError(400, "never: a list of labels")
            changes["never"] = tuple(listed)
        board.decide(task, **changes)
        return task_figures(board, task, self.store, trusted)

    def _explain(self, _: Scope, trusted: bool, body: dict[str, Any]) -> Any:
        """What would become of a text of a task, why, and by which words; asks no upstream."""
        if not trusted:
            raise HttpError(403, "the token of the dashboard is missing or wrong")
        board, task = self._named(body)
        if not isinstance(text := body.get("text"), str) or not text.strip():
            raise HttpError(400, "text: a text is missing")
        found = tried(board, task, clean(text))
        return found | words(task, found["text"])

    def _named(self, body: dict[str, Any]) -> tuple[Board, TaskState]:
        name = body.get("task")
        task = self.board.task(name) if self.board and isinstance(name, str) else None
        if task is None or self.board is None:
            raise HttpError(404, f"no task {str(name)[:80]!r}")
        return self.board, task

    def _feedback(self, _: Scope, trusted: bool, body: dict[str, Any]) -> Any:
        """Enter what a person says is right about an earlier answer."""
        request, label = body.get("request"), body.get("label")
        if not isinstance(request, str) or not isinstance(label, str) or not label:
            raise HttpError(400, "request and label: two texts are needed")
        if self.board is None:
            raise HttpError(404, "this gateway keeps no answers: it has no upstream")
        name = request if "-" in request else f"{request}-0"
        if not self.board.feedback(name, label):
            raise HttpError(404, "no such request is stored, or not yet")
        return {"accepted": True}
