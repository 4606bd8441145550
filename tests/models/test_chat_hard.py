"""Servers that are slow, endless, malformed or curious: one sentence each, and no key anywhere."""

import gzip
import json
import threading
import time
import traceback
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

pytest.importorskip("openai")

from underdog.core.errors import UnderdogError
from underdog.models.chat import Chat, transport
from underdog.runtime.registry import build
from underdog.runtime.store import Store

KEY = "sk-very/secret+key"
CHOICE = {"message": {"content": "yes"}}
GOOD = {"choices": [CHOICE], "usage": {"prompt_tokens": 1}}


@contextmanager
def server(monkeypatch, reply, query=""):
    """A server that lets ``reply(handler)`` write each response; gives the requests it saw."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            seen.append(dict(self.headers))
            try:
                reply(self)
            except OSError:
                self.close_connection = True

        do_GET = do_POST

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    address = f"http://user:pass-word@127.0.0.1:{http.server_port}/v1{query}"
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    try:
        yield seen
    finally:
        http.shutdown()
        http.server_close()


def send(handler, body, status=200, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"content-type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * (1 << 16))


BOMB = gzip.compress(b" " * (8 << 20))
LOGPROBS = {"content": [{"token": "a", "logprob": 1e308, "top_logprobs": []}]}
BAD = {
    "drip": drip,
    "endless": endless,
    "bomb": lambda h: send(h, BOMB, content_encoding="gzip"),
    "nested bomb": lambda h: send(h, gzip.compress(BOMB), content_encoding="gzip, gzip"),
    "nested": lambda h: send(h, b"[" * 100_000),
    "infinite usage": lambda h: send(
        h, b'{"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":1e999}}'
    ),
    "negative usage": lambda h: send(h, GOOD | {"usage": {"prompt_tokens": -5}}),
    "log probability": lambda h: send(
        h, {"choices": [GOOD["choices"][0] | {"logprobs": LOGPROBS}]}
    ),
    "list": lambda h: send(h, []),
    "echoed key": lambda h: send(h, {"error": {"message": f"wrong key {KEY}"}}, 401),
    "echoed in a header": lambda h: send(h, {"error": {"message": "no"}}, 401, x=KEY),
    "elsewhere": lambda h: send(h, {}, 307, location="http://localhost:1/v1"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_server_is_a_sentence_without_the_key(monkeypatch, name):
    monkeypatch.setattr(transport, "LARGEST_REPLY", 1 << 20)
    chat = Chat("m", retries=0, timeout=1.5)
    start = time.perf_counter()
    with server(monkeypatch, BAD[name]), pytest.raises(UnderdogError) as caught:
        chat.choose(["a"], ["a", "b"])
    assert time.perf_counter() - start < 8
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown
    assert "pass-word" not in shown
    assert "\n" not in caught.value.problem


@pytest.mark.parametrize("name", ["bomb", "nested", "infinite usage", "list", "echoed key"])
@pytest.mark.parametrize(
    "spec", ["decide('m', retries=0)", "hosted('m', vocabulary='bytes', retries=0)"]
)
def test_a_bad_server_is_a_sentence_for_other_protocols_too(monkeypatch, name, spec):
    monkeypatch.setattr(transport, "LARGEST_REPLY", 1 << 20)
    model = build(spec)
    with server(monkeypatch, BAD[name]), pytest.raises(UnderdogError) as caught:
        model.extend(np.array([[1]])) if spec.startswith("h") else model.choose(["a"], ["a", "b"])
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown
    assert "pass-word" not in shown
    assert "\n" not in caught.value.problem


def test_a_key_that_is_echoed_inside_auto_is_in_no_file_and_no_message(monkeypatch, sh, tmp_path):
    rows = [f"{word} film {i},{word}" for i in range(40) for word in ("good", "bad")]
    (tmp_path / "d.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    auto = "auto('1m', [bayes(), fewshot(chat('m', retries=0, timeout=1.5), k=0)])"
    with server(monkeypatch, BAD["echoed key"]):
        fitted = sh("fit", "d.csv", auto, "--out", "m", "--yes")
        compared = sh("compare", "d.csv", "majority()", auto, "--out", "r")
    assert (fitted[0], compared[0]) == (0, 0)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(b"[hidden]" in content for content in written) >= 3
    assert not any(KEY.encode() in content for content in written)
    assert KEY not in "".join((*fitted[1:], *compared[1:]))


def test_organisation_and_project_are_told_to_openai_alone(monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    with server(monkeypatch, lambda h: send(h, GOOD)) as seen:
        assert Chat("m").answer(["a"]).values == ("yes",)
    assert not {name.lower() for name in seen[0]} & set(transport.ORGANISATION)


def test_a_key_that_is_echoed_in_an_answer_is_not_kept(monkeypatch, tmp_path):
    body = {"choices": [{"message": {"content": f"your key is {KEY}"}}], "usage": None}
    with server(monkeypatch, lambda h: send(h, body)), Store(tmp_path / "s").open() as kept:
        assert Chat("m").answer(["a"]).values == ("your key is [hidden]",)
        assert len(kept) == 1
    assert KEY.encode() not in (tmp_path / "s").read_bytes()
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "url", ["user:hunter22@host/v1", "http://", "ftp://h/v1", "http://[::1", "http://h:99999/v1"]
)
def test_a_bad_address_is_a_sentence_that_does_not_show_it(monkeypatch, url):
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(UnderdogError, match="OPENAI_BASE_URL is not an address") as caught:
        Chat("m").answer(["a"])
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-ünïcode", "sk-a\nb", "sk a"])
def test_a_key_with_odd_characters_is_a_sentence(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UnderdogError, match="no key has"):
        Chat("m").answer(["a"])


def test_two_studies_on_one_store_ask_each_prompt_once(monkeypatch, tmp_path):
    def slow(handler):
        time.sleep(0.3)
        send(handler, GOOD)

    first, second = Store(tmp_path / "s"), Store(tmp_path / "s")
    assert first.lease("k")
    monkeypatch.setattr("underdog.runtime.store.gethostname", lambda: "elsewhere")
    assert second.lease("other")
    monkeypatch.undo()
    with server(monkeypatch, slow) as seen, second.open():
        with first.open():
            Chat("m").answer(["a", "b"])
        with second.open():
            Chat("m").answer(["a", "b"])
    assert len(seen) == 2
