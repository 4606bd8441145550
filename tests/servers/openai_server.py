"""A language model's API, with faults on order: OpenAI's and Anthropic's protocols, no model.

    python openai_server.py SCRIPT.json LOG.jsonl     # prints its port, serves until killed

The script says what to reply, and what should go wrong::

    {"replies": [["cue", "reply"], ...],   the last cue found in the prompt decides
     "otherwise": "…",                     the reply where there is no cue
     "probs": {"reply": {"up": 0.8, "down": 0.2}},   probabilities of first tokens, by reply
     "faults": [{"kind": …}, null, …],     what happens to the 1st, 2nd … request; null: nothing
     "refuses": ["max_tokens", …],         parameters that are answered with status 400
     "unnamed": ["seed", …],               the same, without saying which
     "streams": true,                      only streams are sent
     "batch_seconds": 0.5, …               how long a batch takes, and how it ends (batch_api.py)
     "models": ["tiny"], "cached": 2, "reasoning": 3, "delay": 0.05, "usage": true, "key": ""}

A fault is one of: {"kind": "status", "status": 429, "retry_after": "1", "message": "…"},
{"kind": "slow", "seconds": 9}, {"kind": "cut"} (half a reply), {"kind": "malformed"} (no JSON),
{"kind": "hollow"} (JSON without choices), {"kind": "hang up"}.
Tokens are words with the white space before them. Every billed request is a line of the log.
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

if __name__ == "__main__":  # a program by itself: its folder is where it looks for modules
    from batch_api import Desk
else:
    from .batch_api import Desk


class Api(BaseHTTPRequestHandler):
    """One connection; what all share is on the server object."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        if self.path.startswith(("/v1/files", "/v1/batches")):
            with self.server.lock:
                status, found = self.server.desk.get(self.path, self._in_batch)
            return self._send(status, found)
        names = self.server.script.get("models", ["tiny"])
        self._send(200, {"object": "list", "data": [{"id": n, "object": "model"} for n in names]})

    def do_POST(self) -> None:
        script = self.server.script
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/files":
            return self._send(200, self.server.desk.uploaded(content))
        body = json.loads(content)
        if self.path == "/v1/batches":
            return self._hand_in(body)
        n, fault = self.server.next_fault()
        key = script.get("key")
        given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if key and key not in (given, self.headers.get("x-api-key")):
            self._refuse(401, "wrong key")
        elif "models" in script and body["model"] not in script["models"]:
            self._refuse(404, f"no model {body['model']}")
        elif unwanted := [name for name in script.get("refuses", []) if name in body]:
            self._refuse(400, f"Unsupported parameter: '{unwanted[0]}'", unwanted[0])
        elif any(name in body for name in script.get("unnamed", [])):
            self._refuse(400, "Extra inputs are not permitted")
        elif script.get("streams") and not body.get("stream"):
            self._refuse(400, "This model only supports streaming: set stream=true")
        elif fault and self._fail(fault):
            pass
        else:
            self._answer(body, n, cut=bool(fault and fault["kind"] == "cut"))

    def _fail(self, fault: dict[str, Any]) -> bool:
        match fault["kind"]:
            case "status":
                after = {"Retry-After": fault["retry_after"]} if "retry_after" in fault else {}
                self._refuse(fault["status"], fault.get("message", "as ordered"), None, after)
            case "slow":
                time.sleep(fault["seconds"])
                return False
            case "malformed":
                self._send(200, b"<html>not what you expected</html>")
            case "hollow":
                self._send(200, {"id": "1", "object": "chat.completion"})
            case "hang up":
                self.close_connection = True
            case _:
                return False
        return True

    def _hand_in(self, body: dict[str, Any]) -> None:
        script = self.server.script
        made = self.server.desk.made(body)
        if len(self.server.desk.batches) <= script.get("batch_lost", 0):
            self.close_connection = True  # it is made, but nothing says so
        else:
            self._send(200, made)

    def _in_batch(self, body: dict[str, Any], batch: str) -> tuple[int, dict[str, Any]]:
        """The answer to one request of a batch, which is billed and written down."""
        script = self.server.script
        prompt = body["messages"][-1]["content"]
        if "too long" in prompt:
            error = {"message": "context_length_exceeded", "code": "context_length_exceeded"}
            return 400, {"error": error}
        answer, billed = _completion(body, prompt, self._said(prompt), script)
        self.server.write({"batch": batch, "prompt": prompt} | billed)
        return 200, answer

    def _said(self, prompt: str) -> str:
        script = self.server.script
        found = [(prompt.rfind(cue), reply) for cue, reply in script.get("replies", [])]
        at, reply = max(found, default=(-1, ""))
        return str(reply if at >= 0 else script.get("otherwise", "I cannot say."))

    def _answer(self, body: dict[str, Any], n: int, cut: bool) -> None:
        script = self.server.script
        prompt = body["messages"][-1]["content"]
        said = self._said(prompt)
        build = _message if self.path.endswith("/messages") else _completion
        answer, billed = build(body, prompt, said, script)
        if not script.get("usage", True):
            del answer["usage"]
        asked = {name: value for name, value in body.items() if name != "messages"}
        said_of_it = {"n": n, "prompt": prompt, "asked": asked, "cut": cut}
        with self.server.busy() as at_once:
            self.server.note(said_of_it | billed | {"at_once": at_once})
            time.sleep(script.get("delay", 0.0))
        payload = json.dumps(answer).encode()
        if body.get("stream"):
            choice = answer["choices"][0]
            pieces = [{**choice, "delta": choice["message"]}]
            events = [{"choices": pieces}, {"choices": [], "usage": answer.get("usage")}]
            payload = "".join(f"data: {json.dumps(e)}\n\n" for e in events).encode()
        if cut:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload[: len(payload) // 2])
            self.close_connection = True
        else:
            self._send(200, payload)

    def _refuse(
        self,
        status: int,
        message: str,
        param: str | None = None,
        more: dict[str, str] | None = None,
    ) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
        self._send(status, {"type": "error", "error": error}, more)

    def _send(self, status: int, body: Any, more: dict[str, str] | None = None) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error: the log of requests is a file."""


class Server(ThreadingHTTPServer):
    """The listening socket, the script, and the count of requests so far."""

    daemon_threads = True

    def __init__(self, script: dict[str, Any], log: str) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.script, self.log, self.lock = script, log, Lock()
        self.desk = Desk(script)
        self.asked = self.running = 0

    def next_fault(self) -> tuple[int, dict[str, Any] | None]:
        """The number of this request, and what should happen to it."""
        with self.lock:
            n, faults = self.asked, self.script.get("faults", [])
            self.asked += 1
            return n, faults[n] if n < len(faults) else self.script.get("always")

    @contextmanager
    def busy(self) -> Iterator[int]:
        """Count this request among those being answered: how many they are."""
        with self.lock:
            self.running += 1
            at_once = self.running
        yield at_once
        with self.lock:
            self.running -= 1

    def note(self, line: dict[str, Any]) -> None:
        """Write down a request that a real endpoint would have billed, before it is answered."""
        with self.lock:
            self.write(line)

    def write(self, line: dict[str, Any]) -> None:
        """The same, for one that holds the lock."""
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


def _completion(
    body: dict[str, Any], prompt: str, said: str, script: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, int]]:
    limit = body.get("max_completion_tokens", body.get("max_tokens", 10**9))
    written = _tokens(said)[:limit]
    reasoning = script.get("reasoning", 0)
    billed = {
        "tokens_in": len(_tokens(prompt)),
        "tokens_out": len(written) + reasoning,
        "cached": script.get("cached", 0),
        "reasoning": reasoning,
    }
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "".join(written)},
        "logprobs": None,
    }
    if body.get("logprobs"):
        tops = script.get("probs", {}).get(said, {})
        content = [_logprobs(token, tops if i == 0 else {}) for i, token in enumerate(written)]
        choice["logprobs"] = {"content": content}
    usage = {
        "prompt_tokens": billed["tokens_in"],
        "completion_tokens": billed["tokens_out"],
        "total_tokens": billed["tokens_in"] + billed["tokens_out"],
        "prompt_tokens_details": {"cached_tokens": billed["cached"]},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    answer = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"]}
    return answer | {"choices": [choice], "usage": usage}, billed


def _logprobs(token: str, tops: dict[str, float]) -> dict[str, Any]:
    chance = {token: 1.0} | tops
    listed = [{"token": t, "logprob": math.log(p), "bytes": None} for t, p in chance.items()]
    return listed[0] | {"top_logprobs": sorted(listed, key=lambda t: -t["logprob"])}


def _message(
    body: dict[str, Any], prompt: str, said: str, script: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, int]]:
    written = _tokens(said)[: body["max_tokens"]]
    cached = script.get("cached", 0)
    fresh = len(_tokens(prompt))
    billed = {"tokens_in": fresh + cached, "tokens_out": len(written), "cached": cached}
    usage = {
        "input_tokens": fresh,
        "output_tokens": len(written),
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0,
    }
    content = [{"type": "text", "text": "".join(written)}]
    answer = {"id": "1", "type": "message", "role": "assistant", "model": body["model"]}
    return answer | {"content": content, "stop_reason": "end_turn", "usage": usage}, billed


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        server = Server(json.load(file), sys.argv[2])
    print(server.server_address[1], flush=True)
    server.serve_forever()
