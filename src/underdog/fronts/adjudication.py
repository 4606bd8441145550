"""A local page on which a person judges, blind, the texts on which two models differ."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Lock, Timer
from typing import Any

from ..core.errors import UnderdogError
from ..study.labels.adjudication import Docket

LOOPBACK = "127.0.0.1"
LARGEST = 10_000
"""Bytes of a request beyond which it is refused: a judgement takes less than a hundred."""

LINGERS = 3.0
"""Seconds for which the server goes on once it is decided."""

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class AdjudicationServer(ThreadingHTTPServer):
    """Serves the page on the loopback address; every judgement is on disk before it is confirmed.

    The address holds a random token, so other pages and other users of the machine cannot judge.
    ``port`` 0 takes a free one. Raises UnderdogError if the port is in use.
    """

    daemon_threads = True

    def __init__(self, docket: Docket, port: int = 0) -> None:
        self.docket, self.lock, self.token = docket, Lock(), secrets.token_urlsafe(16)
        self._end: Timer | None = None
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            raise UnderdogError(
                f"port {port} cannot be used: {error.strerror}", "choose another: --port 0"
            ) from error

    def close(self) -> None:
        """Give the port back."""
        self.server_close()

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    def shown(self) -> dict[str, Any]:
        """What the page shows: the next text without the names of the models, and how far it is."""
        case, docket = self.docket.next, self.docket
        state = docket.state()
        open_state = {k: state[k] for k in ("judged", "differing", "expected", "not_counted")}
        if case is None:  # only now: the counts would give away which model is which
            return {"case": None, **state}
        shown = {"row": case.row, "text": case.text, "answers": case.answers}
        return {"case": shown, **open_state}

    def judged(self, row: int, right: str) -> dict[str, Any]:
        """Enter a judgement and give what to show next."""
        with self.lock:
            self.docket = self.docket.judge(row, right)
            if self.docket.next is None:  # the page shows the verdict before the server goes
                self._end = Timer(LINGERS, self.shutdown)
                self._end.start()
            return self.shown()

    def undone(self) -> dict[str, Any]:
        """Take the latest judgement back."""
        with self.lock:
            if self._end is not None:
                self._end.cancel()
            if self.docket.judged:
                self.docket = self.docket.judge(self.docket.judged[-1].row, "")
            return self.shown()


class _Handler(BaseHTTPRequestHandler):
    server: AdjudicationServer
    server_version, sys_version = "underdog", ""

    def do_GET(self) -> None:
        place = self._place()
        if place == "":
            page = files(__package__).joinpath("pages", "adjudication.html").read_bytes()
            self._send(HTTPStatus.OK, page, "text/html; charset=utf-8")
        elif place == "next":
            self._json(self.server.shown())
        else:
            self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > LARGEST:
            return self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"too large", "text/plain")
        body = self.rfile.read(int(size))
        place = self._place()
        try:
            if place == "undo":
                return self._json(self.server.undone())
            if place != "judge":
                return self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")
            said = json.loads(body)
            return self._json(self.server.judged(int(said["row"]), str(said["right"])))
        except (ValueError, KeyError, TypeError, RecursionError):
            return self._send(HTTPStatus.BAD_REQUEST, b"not a judgement", "text/plain")
        except UnderdogError as error:
            return self._send(HTTPStatus.BAD_REQUEST, str(error).encode(), "text/plain")

    def _place(self) -> str | None:
        """The path behind the token; None for a wrong token, or a page of another host."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        token, _, place = self.path.removeprefix("/").partition("/")
        known = secrets.compare_digest(token.encode(), self.server.token.encode())
        return place if known and host in (LOOPBACK, "localhost") else None

    def _json(self, data: dict[str, Any]) -> None:
        self._send(HTTPStatus.OK, json.dumps(data).encode(), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Requests are not logged: they would show texts' numbers and the token."""
