"""A decision model's API in both dialects, with faults on order; it decides as it is told to.

    with decision_server(decide) as server:      # a thread of this process, on a free port
        ...                                      # server.base_url, server.log

``decide(text, question)`` gives the probabilities of the options, as a mapping; ``REFUSE``; None
for a question that is left unanswered; or an answer in the words of the dialect, sent as it is (a
mapping with a "type"). ``question`` is as the request has it, in its dialect, with ``options``
added: strings and booleans, or the levels of a score, or True and False of yes or no.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

REFUSE = "refuse"
BOTH = ("decisions", "systemone")

Decide = Callable[[str, dict[str, Any]], Any]


@dataclass
class Script:
    """How the server behaves; ``log`` is what it was asked, in order.

    ``faults`` are the statuses of the first requests (None answers), ``chat`` is a server of models
    that write. ``version`` is a name, or names in turn. ``usage`` replaces the tokens counted.
    ``limit`` is how many options it takes.
    """

    decide: Decide
    dialects: tuple[str, ...] = BOTH
    version: str | list[str] = "judge-1.0"
    usage: Any = "counted"
    faults: list[Any] = field(default_factory=list)
    limit: int = 255
    chat: bool = False
    raw: bytes | None = None
    log: list[dict[str, Any]] = field(default_factory=list)
    base_url: str = ""


class Server(ThreadingHTTPServer):
    """The listening socket, and the script that all connections follow."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.script, self.lock = script, Lock()

    def note(self, line: dict[str, Any]) -> int:
        """Write a request down: its number."""
        with self.lock:
            self.script.log.append(line)
            return len(self.script.log) - 1


class Api(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "judge", "object": "model"}]})

    def do_POST(self) -> None:
        script = self.server.script
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        dialect = self.path.rpartition("/")[2]
        if dialect not in script.dialects:
            known = script.chat and self.path.endswith("/chat/completions")
            self._refuse(400, "'messages' is required") if known else self._refuse(404, "Not Found")
        elif not body:
            self._refuse(422, "questions: field required")
        else:
            n = self.server.note({"dialect": dialect, "body": body})
            fault = script.faults[n] if n < len(script.faults) else None
            if fault:
                self._refuse(*(fault if isinstance(fault, tuple) else (fault, "as ordered")))
            elif script.raw is not None:
                self._send(200, script.raw)
            else:
                self._decide(body, dialect, n)

    def _decide(self, body: dict[str, Any], dialect: str, n: int) -> None:
        script, questions = self.server.script, _questions(body, dialect)
        most = max((len(q["options"]) for _, q in questions), default=0)
        if most > script.limit:
            return self._refuse(400, f"criteria: at most {script.limit} options, got {most}")
        text = body["input"] if dialect == "decisions" else body["state"]
        found = [(name, _answer(script.decide(text, q), q, dialect, name)) for name, q in questions]
        answers = {name: answer for name, answer in found if answer is not None}
        names = script.version
        said: dict[str, Any] = {
            "model": names if isinstance(names, str) else names[min(n, len(names) - 1)],
            "answers": list(answers.values()) if dialect == "decisions" else answers,
            "usage": _usage(body, dialect) if script.usage == "counted" else script.usage,
        }
        self._send(200, said)

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "x", "code": None}})

    def _send(self, status: int, body: Any) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error."""


def _usage(body: dict[str, Any], dialect: str) -> dict[str, Any]:
    counted = len(json.dumps(body)) // 4
    usage: dict[str, Any] = {"input_tokens": counted, "output_tokens": 0}
    if dialect == "decisions":
        usage |= {
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": counted,
        }
    return usage


def _questions(body: dict[str, Any], dialect: str) -> list[tuple[str, dict[str, Any]]]:
    if dialect == "decisions":
        return [(q.get("name"), q | {"options": _decision_options(q)}) for q in body["questions"]]
    return [
        (name, q | {"options": [True, False] if q["type"] == "noul" else list(q["criteria"])})
        for name, q in body["questions"].items()
    ]


def _decision_options(question: dict[str, Any]) -> list[Any]:
    match question["type"]:
        case "predicate":
            return [True, False]
        case "choice":
            return [choice["value"] for choice in question["choices"]]
    return [level["label"] for level in question["levels"]]


def _answer(said: Any, question: dict[str, Any], dialect: str, name: str | None) -> Any:
    """An answer in the words of the dialect."""
    named = {"name": name} if dialect == "decisions" else {}
    if said is None or (isinstance(said, Mapping) and "type" in said):
        return said
    if said == REFUSE:
        return {"type": "refusal"} | named
    kind, options = question["type"], question["options"]
    p = [float(said.get(option, 0.0)) for option in options]
    sure = {"confidence": (max(p) * len(p) - 1) / (len(p) - 1)}
    best = options[p.index(max(p))]
    if kind in ("predicate", "noul"):
        key = "probability" if kind == "predicate" else "noul"
        return {"type": kind, key: p[0]} | named
    if kind == "choice" and dialect == "decisions":
        told: Any = [{"value": o, "probability": x} for o, x in zip(options, p, strict=True)]
        return {"type": kind, "choice": best, "probabilities": told} | sure | named
    if kind == "choice":
        told = dict(zip(options, p, strict=True))
        return {"type": kind, "choice": best, "probabilities": told} | sure
    mean = sum(i * x for i, x in enumerate(p))
    if dialect == "decisions":
        told = [
            {"label": o, "value": i, "probability": x}
            for i, (o, x) in enumerate(zip(options, p, strict=True))
        ]
        return {"type": kind, "score": mean, "probabilities": told} | sure | named
    told = {str(i): x for i, x in enumerate(p)}
    legend = {str(i): o for i, o in enumerate(options)}
    return {"type": kind, "score": mean, "probabilities": told, "legend": legend} | sure


@contextmanager
def decision_server(decide: Decide, **script: Any) -> Iterator[Script]:
    """A server that decides by ``decide`` and follows `Script`; closed when the block ends."""
    told = Script(decide, **script)
    server = Server(told)
    told.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
