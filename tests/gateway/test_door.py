"""The door: bytes, headers and errors pass through unchanged; every request is in the ledger."""

import asyncio
import gzip
import http.client
import json
import re
import socket
import stat
import threading
import time
from pathlib import Path

import openai
import pytest
from servers.upstream import Reply, completion

from gateway.conftest import ledger, running
from underdog.fronts.gateway.settings import Settings

CHAT = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "a great film"}]}
STREAM = (
    b'data: {"choices":[{"delta":{"content":"po"}}],"model":"gpt-4.1-mini"}\n\n',
    b'data: {"choices":[{"delta":{"content":"s"},"finish_reason":"stop"}]}\n\n',
    b'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}\n\n',
    b"data: [DONE]\n\n",
)


def test_a_request_and_its_reply_pass_unchanged(gateway, upstream):
    body = (
        b'{ "model":"gpt-4.1-mini", "unknown":[1,2],\n "messages":[{"role":"user","content":"x"}]}'
    )
    reply = Reply(
        429, {"content-type": "application/json", "x-ratelimit-reset": "6s"}, (b'{"e": 1}',)
    )
    upstream.answer = lambda _: reply
    status, headers, data = gateway.ask(
        "/v1/chat/completions?a=1&b=%2F", body, authorization="Bearer sk-1", x_own="yes"
    )
    (sent,) = upstream.sent
    assert (sent.method, sent.path, sent.body) == ("POST", "/v1/chat/completions?a=1&b=%2F", body)
    assert sent.headers["authorization"] == "Bearer sk-1"
    assert sent.headers["x-own"] == "yes"
    assert not [name for name in sent.headers if name.startswith("x-underdog")]
    assert (status, data, headers["x-ratelimit-reset"]) == (429, b'{"e": 1}', "6s")
    assert headers["x-underdog-answered-by"] == "upstream"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/models", None),
        ("DELETE", "/v1/files/f-1", None),
        ("POST", "/v1/audio/speech", b"\x00\xff"),
    ],
)
def test_what_it_does_not_understand_passes_too(gateway, upstream, method, path, body):
    raw = bytes(range(256)) * 40
    upstream.answer = lambda _: Reply(200, {"content-type": "audio/mpeg"}, (raw[:5000], raw[5000:]))
    status, headers, data = gateway.ask(path, body, method=method)
    assert (status, data, headers["content-type"]) == (200, raw, "audio/mpeg")
    assert (upstream.sent[0].method, upstream.sent[0].path) == (method, path)


def test_the_sdk_streams_sync_and_async_through_the_door(gateway, upstream):
    upstream.answer = lambda _: Reply(200, {"content-type": "text/event-stream"}, STREAM)
    base = gateway.base + "/v1"
    with openai.OpenAI(base_url=base, api_key="sk-1", max_retries=0) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(**CHAT, stream=True)
        chunks = list(raw.parse())
    assert "".join(c.choices[0].delta.content for c in chunks if c.choices) == "pos"
    row = ledger(gateway, raw.headers["x-underdog-request"])
    assert (row["prompt"], row["completion"], row["model"]) == (9, 2, "gpt-4.1-mini")

    async def streamed():
        async with openai.AsyncOpenAI(base_url=base, api_key="sk-1", max_retries=0) as sdk:
            chunks = [c async for c in await sdk.chat.completions.create(**CHAT, stream=True)]
        return "".join(c.choices[0].delta.content for c in chunks if c.choices)

    assert asyncio.run(streamed()) == "pos"


def test_errors_reach_the_sdk_as_its_own_exceptions(gateway, upstream):
    problem = {"error": {"message": "slow down", "type": "rate", "param": None, "code": "x"}}
    upstream.answer = lambda _: Reply(429, pieces=(json.dumps(problem).encode(),))
    sdk = openai.OpenAI(base_url=gateway.base + "/v1", api_key="sk", max_retries=0)
    with sdk, pytest.raises(openai.RateLimitError, match="slow down"):
        sdk.chat.completions.create(**CHAT)


def test_the_price_of_a_packed_reply_is_read(gateway, upstream):
    packed = gzip.compress(completion("pos").pieces[0])
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    upstream.answer = lambda _: Reply(200, headers, (packed,))
    _, found, data = gateway.ask("/v1/chat/completions", CHAT, accept_encoding="gzip, br, zstd")
    assert data == packed
    assert upstream.sent[0].headers["accept-encoding"] == "gzip"
    row = ledger(gateway, found["x-underdog-request"])
    assert (row["prompt"], row["completion"], row["by_whom"]) == (100, 2, "upstream")
    assert row["paid"] == pytest.approx(float(found["x-underdog-dollars"]), abs=1e-9)
    assert row["paid"] == pytest.approx((100 * 0.4 + 2 * 1.6) / 1e6)


def test_a_reply_that_breaks_off_is_seen_to_break_off(gateway, upstream):
    upstream.answer = lambda _: Reply(
        200, {"content-type": "text/event-stream"}, STREAM[:2], cut=True
    )
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        gateway.ask("/v1/chat/completions", CHAT)
    upstream.answer = lambda _: Reply(cut=True)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        gateway.ask("/v1/chat/completions", CHAT)


def test_an_upstream_that_cannot_be_reached_is_a_502_in_the_ledger(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = tmp_path / "deep" / "gateway.sqlite"
    with running(Settings(upstream=f"http://127.0.0.1:{port}/v1", store=str(store))) as found:
        status, headers, data = found.ask("/v1/chat/completions", CHAT)
        assert status == 502
        assert "cannot be reached" in json.loads(data)["error"]["message"]
        assert ledger(found, headers["x-underdog-request"])["status"] == 502
        assert stat.S_IMODE(store.stat().st_mode) == 0o600


def test_a_slow_client_does_not_fill_the_memory(gateway, upstream):
    big = (b"x" * 65536,) * 64
    upstream.answer = lambda _: Reply(200, {"content-type": "application/octet-stream"}, big)
    status, _, data = gateway.ask("/v1/files/f/content")
    assert (status, len(data)) == (200, 65536 * 64)


def test_no_key_is_in_the_database_or_in_a_reply(gateway):
    secret = "sk-very-secret-value"
    _, headers, data = gateway.ask("/v1/chat/completions", CHAT, authorization=f"Bearer {secret}")
    ledger(gateway, headers["x-underdog-request"])
    file = Path(gateway.gateway.store.url.removeprefix("sqlite:///"))
    written = b"".join(path.read_bytes() for path in file.parent.rglob("*") if path.is_file())
    assert secret.encode() not in written + data + str(headers).encode()


def test_exact_repeats_are_answered_from_memory_at_temperature_0_only(tmp_path, upstream):
    settings = Settings(upstream=upstream.url, store=str(tmp_path / "g.sqlite"), cache=60)
    with running(settings) as found:
        upstream.sent.clear()

        def by(body, key="sk-1"):
            reply = found.ask("/v1/chat/completions", body, authorization=f"Bearer {key}")
            return reply[1]["x-underdog-answered-by"]

        cold = {**CHAT, "temperature": 0}
        by(CHAT)  # the upstream accepts the key
        assert [by(CHAT), by(cold), by(cold), by(CHAT)] == ["upstream"] * 2 + ["cache", "upstream"]
        by(CHAT, "sk-2")
        assert by(cold, "sk-2") == "upstream"
        assert len(upstream.sent) == 6


def test_requests_are_finished_and_written_before_it_stops(tmp_path, upstream):
    store = tmp_path / "g.sqlite"
    started = []

    def slow(_):
        started.append(1)
        time.sleep(0.5)
        return completion("pos")

    upstream.answer = slow
    with running(Settings(upstream=upstream.url, store=str(store))) as found:
        host, port = found.base.removeprefix("http://").split(":")
        client = http.client.HTTPConnection(host, int(port))
        client.request("POST", "/v1/chat/completions", json.dumps(CHAT))
        while not started:
            time.sleep(0.01)
        found.server.should_exit = True
        assert client.getresponse().status == 200
        client.close()
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(store)) as db:
        assert db.execute("SELECT count(*), sum(prompt) FROM requests").fetchone() == (1, 100)


def test_what_no_database_takes_loses_no_row(gateway, upstream):
    upstream.answer = lambda _: completion("\ud83d\x00", model="odd \ud83d\x00")
    asked = {**CHAT, "model": "\ud83d\x00", "messages": [{"role": "user", "content": "\ud83d\x00"}]}
    headers = gateway.ask("/v1/chat/completions", asked)[1]
    assert ledger(gateway, headers["x-underdog-request"])["prompt"] == 100


def test_a_database_that_is_away_for_a_while_loses_no_row(gateway, monkeypatch):
    store, put, away = gateway.gateway.store, gateway.gateway.store.put, [True]

    def sometimes(table, rows):
        if away:
            raise OSError("no space left on device")
        put(table, rows)

    monkeypatch.setattr(store, "put", sometimes)
    headers = gateway.ask("/v1/chat/completions", CHAT)[1]
    end = time.monotonic() + 10
    while gateway.json("/readyz")[0] == 200:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert gateway.ask("/v1/chat/completions", CHAT)[0] == 200
    away.clear()
    assert ledger(gateway, headers["x-underdog-request"])["status"] == 200


def test_replies_that_come_too_fast_are_entered_but_not_learned_from(
    gateway, upstream, monkeypatch, caplog
):
    """Memory must not grow with the load: the queue of what is to be learned is bounded."""
    monkeypatch.setattr("underdog.fronts.gateway.ledger.writer.CROWDED", 5)
    monkeypatch.setattr("underdog.fronts.gateway.door.accounts.SHORT", 0)  # all in the thread
    upstream.answer = lambda _: completion("pos")
    free, writer = threading.Event(), gateway.gateway.writer
    writer.later(lambda: free.wait(20))
    names = [gateway.ask("/v1/chat/completions", CHAT)[1]["x-underdog-request"] for _ in range(12)]
    assert len(writer._jobs) <= 6
    free.set()
    assert [ledger(gateway, name)["completion"] for name in names] == [2] * 12
    page = gateway.ask("/metrics")[2].decode()
    skipped = re.search(r"^underdog_unlearned_total (\S+)$", page, re.M)
    assert float(skipped[1]) >= 6
    assert caplog.text.count("faster than they can be learned from") == 1
