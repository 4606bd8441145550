"""An upstream for the gateway's tests: replies to order, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = ("great", "lovely", "good", "brilliant")


@dataclass
class Sent:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What to reply: ``pieces`` are sent as chunks if there are several; ``cut`` breaks off."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    pieces: tuple[bytes, ...] = (b"{}",)
    cut: bool = False


class Upstream:
    """Runs in a thread. ``answer`` makes the replies; ``sent`` is what was asked."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.answer: Callable[[Sent], Reply] = moods_reply
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {k.lower(): v for k, v in self.headers.items()}
                sent = Sent(self.command, self.path, headers, body)
                upstream.sent.append(sent)
                self.send(upstream.answer(sent))

            do_GET = do_DELETE = do_POST

            def send(self, reply: Reply) -> None:
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                whole = b"".join(reply.pieces)
                if len(reply.pieces) == 1:
                    length = len(whole) + (10 if reply.cut else 0)
                    self.send_header("content-length", str(length))
                    self.end_headers()
                    self.wfile.write(whole)
                else:
                    self.send_header("transfer-encoding", "chunked")
                    self.end_headers()
                    for piece in reply.pieces:
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    if not reply.cut:
                        self.wfile.write(b"0\r\n\r\n")
                self.wfile.flush()
                self.close_connection = reply.cut

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that goes away is part of the tests

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def mood(text: str) -> str:
    return "pos" if any(word in text for word in GOOD) else "neg"


def completion(content: str, model: str = "gpt-4.1-mini-2025-04-14") -> Reply:
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": model}
    return Reply(pieces=(json.dumps({**body, "choices": [choice], "usage": usage}).encode(),))


def moods_reply(sent: Sent) -> Reply:
    """Says pos or neg to the last message, or to the questions of a decision."""
    asked = json.loads(sent.body or b"{}")
    if "questions" in asked:
        p = 0.9 if mood(asked["input"]) == "pos" else 0.1
        answers = []
        for question in asked["questions"]:
            if question["type"] == "predicate":
                answers.append(
                    {"type": "predicate", "name": question.get("name"), "probability": p}
                )
            else:
                values = [choice["value"] for choice in question["choices"]]
                said = {
                    "type": "choice",
                    "name": question.get("name"),
                    "choice": mood(asked["input"]),
                    "probabilities": [
                        {"value": v, "probability": p if v == "pos" else 1 - p} for v in values
                    ],
                    "confidence": 0.8,
                }
                answers.append(said)
        usage = {"input_tokens": 50, "output_tokens": 0, "total_tokens": 50}
        usage["input_tokens_details"] = {"cached_tokens": 0, "cache_write_tokens": 0}
        usage["output_tokens_details"] = {"reasoning_tokens": 0}
        body = {"model": "gpt-6-luna-2026-10-22", "answers": answers, "usage": usage}
        return Reply(pieces=(json.dumps(body).encode(),))
    return completion(mood(str(asked["messages"][-1]["content"])))
