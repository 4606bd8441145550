"""A gateway at half load for minutes, while everything around it fails in turn."""

from __future__ import annotations

import http.client
import json
import random
import socket
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.gateway.load import request
from benchmarks.gateway.processes import Program, gateway, recorded

AT_ONCE = 8
SHARE = 0.03
"""Share of the requests for which the upstream answers 429, 500, 503, or breaks off."""

WORDS = ("film", "plot", "cast", "great", "awful", "dull", "lovely")


@dataclass
class Seen:
    """What the clients saw: identities of requests, and errors that nothing explains."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    requests: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    down: bool = False
    """Whether the upstream is away at present, or was a moment ago."""


@dataclass
class Soak:
    """What runs, and what may be done to it."""

    door: Program
    upstream: Program
    store: Path
    seen: Seen
    replies: dict[str, str]
    stack: ExitStack
    ended: threading.Event = field(default_factory=threading.Event)


def soak(minutes: float) -> list[str]:
    """Run it; one line of the table. The rest of an hour is more of the same."""
    rng = random.Random(0)
    texts = [" ".join(rng.choices(WORDS, k=8)) + f" {i}" for i in range(3000)]
    replies = {text: "great" if "great" in text else "awful" for text in texts}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = folder / "gateway.sqlite"
        upstream = stack.enter_context(recorded(replies, "0", str(SHARE)))
        options = ("--mode", "serve", "--student", "bayes()")
        door = stack.enter_context(gateway(upstream, *options, store=store))
        run = Soak(door, upstream, store, Seen(), replies, stack)
        idle = door.megabytes
        pause = 1.0 / _rate(run, texts)
        threads = [
            threading.Thread(target=_client, args=(run, texts[i::AT_ONCE], pause))
            for i in range(AT_ONCE)
        ]
        for thread in threads:
            thread.start()
        faults = _faults(run, minutes)
        run.ended.set()
        for thread in threads:
            thread.join()
        grown, alive = door.megabytes, door.process.poll() is None
        door.process.terminate()
        ended = door.process.wait(60) in (0, -15)
        lost, doubled = _missing(run)
    seen = run.seen
    kinds = ", ".join(f"{n:,} {name}" for name, n in sorted(seen.counts.items()))
    fine = "no crash" if alive and ended else "CRASHED"
    return [
        f"soak of {minutes:g} minutes at half load",
        f"{', '.join(faults)}; {SHARE:.0%} of replies 429, 500, 503 or cut off; slow loris",
        "no crash, no lost row, errors only where the upstream failed (an hour)",
        f"{fine}; {len(seen.requests):,} requests with a row each, {lost} lost, {doubled} doubled; "
        f"{len(seen.unexplained)} unexplained errors ({kinds}); {idle:.0f} to {grown:.0f} MB",
    ]


def _rate(run: Soak, texts: list[str]) -> float:
    """Half of the requests per second that one of the clients makes without a pause."""
    began, n = time.perf_counter(), 0
    with closing(http.client.HTTPConnection("127.0.0.1", run.door.port, timeout=30)) as connection:
        while time.perf_counter() - began < 2.0:
            _one(run, connection, texts[n])
            n += 1
    return n / 2.0 / 2.0 / AT_ONCE


def _client(run: Soak, texts: list[str], pause: float) -> None:
    """Send requests until the end; a connection that breaks is opened again."""
    rng, at = random.Random(texts[0]), 0
    connection = http.client.HTTPConnection("127.0.0.1", run.door.port, timeout=90)
    while not run.ended.is_set():
        at += 1
        try:
            _one(run, connection, texts[at % len(texts)], rng.random() < 0.01)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            _note(run, type(error).__name__)
        run.ended.wait(pause * 2 * rng.random())
    connection.close()


def _one(
    run: Soak, connection: http.client.HTTPConnection, text: str, malformed: bool = False
) -> None:
    message = {"role": "user", "content": text}
    body = json.dumps({"model": "gpt-4-0613", "temperature": 0, "messages": [message]})
    headers = {"authorization": "Bearer sk-1", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", body[:-9] if malformed else body, headers)
    reply = connection.getresponse()
    name, said = reply.headers.get("x-underdog-request"), reply.status
    with run.seen.lock:
        if name:
            run.seen.requests.append(name)
        by = (reply.headers.get("x-underdog-answered-by") or "refused").partition(";")[0]
        run.seen.counts[f"{said} {by}"] += 1
    try:
        reply.read()
    except http.client.IncompleteRead:  # the upstream's own, passed on
        connection.close()
    fault = reply.headers.get("x-fault") is not None
    wanted = (400,) if malformed else (200,)
    if said not in wanted and not fault:
        _note(run, f"status {said}")


def _note(run: Soak, what: str) -> None:
    with run.seen.lock:
        if run.seen.down and what == "status 502":
            run.seen.counts["502 while the upstream was away"] += 1
        else:
            run.seen.unexplained.append(what)


def _faults(run: Soak, minutes: float) -> list[str]:
    """Let one thing after the other fail, again and again; the names of what failed."""
    end, each = time.monotonic() + 60 * minutes, max(5.0, 60 * minutes / 10)
    loris = [_loris(run.door.port) for _ in range(20)]
    faults: dict[str, Callable[[Soak, float], None]] = {
        "upstream refused": _refused,
        "database locked": _locked,
        "disk full": _full,
        "100 MB bodies": _large,
        "malformed JSON": _malformed,
    }
    done = []
    while time.monotonic() < end:
        for name, fault in faults.items():
            if time.monotonic() < end:
                fault(run, min(30.0, each))
                done.append(name)
                run.ended.wait(min(each, max(0.0, end - time.monotonic())))
    for connection in loris:
        connection.close()
    return [f"{name} ({n} times)" for name, n in Counter(done).items()]


def _refused(run: Soak, seconds: float) -> None:
    """Kill the upstream; start another one on its port."""
    run.seen.down = True
    port = run.upstream.port
    run.upstream.process.kill()
    run.upstream.process.wait()
    run.ended.wait(seconds / 2)
    run.upstream = run.stack.enter_context(recorded(run.replies, str(port), str(SHARE)))
    run.ended.wait(1.0)
    run.seen.down = False


def _malformed(run: Soak, seconds: float) -> None:
    """Send bodies that are cut off; the upstream refuses each with status 400."""
    end = time.monotonic() + seconds / 4
    with closing(http.client.HTTPConnection("127.0.0.1", run.door.port, timeout=30)) as connection:
        while time.monotonic() < end:
            _one(run, connection, "cut off", malformed=True)
            run.ended.wait(0.1)


def _locked(run: Soak, seconds: float) -> None:
    """Hold the database, so that no other can write."""
    with closing(sqlite3.connect(run.store, timeout=60, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        run.ended.wait(seconds)
        db.execute("ROLLBACK")


def _full(run: Soak, seconds: float) -> None:
    """Let no file of the gateway grow: every write beyond fails, as on a full disk."""
    process = psutil.Process(run.door.process.pid)
    usual = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (4096, usual[1]))
    run.ended.wait(seconds)
    process.rlimit(psutil.RLIMIT_FSIZE, usual)


def _large(run: Soak, seconds: float) -> None:
    """Send bodies of 100 MB; each is refused with status 413, or cut off."""
    for _ in range(3):
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", run.door.port), 30) as connection,
        ):
            head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
            connection.sendall(head % (100 << 20))
            for _ in range(100):
                connection.sendall(b"x" * (1 << 20))
            said = connection.recv(64)
            if b" 413 " not in said:
                _note(run, f"100 MB: {said[:20]!r}")


def _loris(port: int) -> socket.socket:
    """A connection that begins a request and never ends it."""
    connection = socket.create_connection(("127.0.0.1", port), 30)
    connection.sendall(request("/v1/chat/completions", {"model": "m"})[:40])
    return connection


def _missing(run: Soak) -> tuple[int, int]:
    """Rows that the ledger lacks, and rows that it has twice."""
    with closing(sqlite3.connect(run.store)) as db:
        kept = Counter(name for (name,) in db.execute("SELECT id FROM requests"))
    wanted = set(run.seen.requests)
    return len(wanted - set(kept)), sum(n > 1 for n in kept.values())
