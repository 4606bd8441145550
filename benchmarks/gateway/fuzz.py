"""Whatever HTTP can carry, on a gateway that serves a model and has a door: no 500, no hang."""

from __future__ import annotations

import random
import re
import select
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import underdog as ud
from benchmarks.gateway.environments import own
from benchmarks.gateway.load import request
from benchmarks.gateway.processes import TOKEN, Program, gateway, recorded
from underdog.runtime.persist import save

SECONDS = 30
"""Seconds for which schemathesis runs."""

PATIENCE = 20.0
"""Seconds after which a connection that was not answered or closed counts as hanging."""

WHOLE = 1.0
"""Seconds after which a request without a reply counts as cut off."""

MUTATED, AT_ONCE = 1000, 32


@contextmanager
def both() -> Iterator[Program]:
    """A gateway with a model and a door."""
    texts = [f"a {word} film {i}" for i in range(30) for word in ("great", "awful")]
    data = ud.Dataset.of(texts, ["pos", "neg"] * 30)
    with tempfile.TemporaryDirectory() as folder, recorded({"a": "b"}) as upstream:
        save(ud.build("bayes()").fit(data), Path(folder) / "tickets", {"labels": ["neg", "pos"]})
        with gateway(upstream, f"{folder}/tickets") as found:
            yield found


def documented() -> list[str]:
    """Requests that schemathesis makes from the OpenAPI document."""
    what = "requests of schemathesis from the OpenAPI document"
    programs = own("schemathesis")
    if programs is None:
        return [what, "not installed here", "no 500, no hang", "not run"]
    with both() as door, tempfile.TemporaryDirectory() as here:
        words = ["run", f"http://127.0.0.1:{door.port}/openapi.json", "--max-time", str(SECONDS)]
        words += ["-c", "not_a_server_error", "--continue-on-failure", "--warnings", "off"]
        words += ["--max-response-time", str(PATIENCE), "-H", f"x-underdog-token: {TOKEN}"]
        command = [str(programs / "st"), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=here)
        assert door.process.poll() is None
    made = re.search(r"([\d,]+) generated", done.stdout)
    failed = re.search(r"found (\d+) unique failures", done.stdout)
    if made is None:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    how = f"{SECONDS} s, all operations, against a served model and a door"
    return [
        what,
        how,
        "no 500, no hang",
        f"{made[1]} requests, {failed[1] if failed else 0} failures",
    ]


def mutated() -> list[str]:
    """Valid requests of which bytes were changed, cut out, doubled or cut off."""
    with both() as door:
        found = statuses(door.port, MUTATED, 0)
        assert door.process.poll() is None
    how = "bytes changed, cut out, doubled, or the end cut off; heads and bodies"
    reached = f"{MUTATED:,} requests: {found.count(500)} with status 500, {found.count(-1)} hanging"
    return ["mutated requests on a socket", how, "no 500, no hang", reached]


BODIES: tuple[tuple[str, dict[str, object]], ...] = (
    ("/v1/answer", {"model": "tickets", "texts": ["a great film"]}),
    ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "a"}]}),
    ("/v1/responses", {"model": "underdog/tickets", "input": "a great film"}),
    ("/v1/decisions", {"model": "tickets", "input": "a", "questions": [
        {"type": "choice", "instructions": "?", "choices": [{"value": "pos"}, {"value": "neg"}]}]}),
    ("/v1/systemone", {"model": "tickets", "state": "a", "questions": {
        "pos": {"type": "noul", "instructions": "?"}}}),
    ("/v1/feedback", {"request": "x-1", "label": "pos"}),
    ("/underdog/tasks", {"task": "x", "state": "off"}),
)  # fmt: skip


def mutant(rng: random.Random) -> bytes:
    """A valid request with some to many faults."""
    data = bytearray(request(*rng.choice(BODIES)))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randrange(1, 12)]
            case 2:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
            case _:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
        data = data or bytearray(b"\n")
    return bytes(data[: rng.randrange(1, len(data) + 1)] if rng.random() < 0.2 else data)


def ask(port: int, data: bytes) -> int:
    """The status of the first reply; 0 if the connection was closed without one, -1 if it hangs.

    A request that is cut off is not answered: then the connection is closed from this side.
    """
    said = b""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(data)
            if not select.select([connection], [], [], WHOLE)[0]:
                connection.shutdown(socket.SHUT_WR)
            said = connection.recv(65536)
    except TimeoutError:
        return -1
    except OSError:
        return 0
    found = re.match(rb"HTTP/1.1 (\d+)", said)
    return int(found[1]) if found else 0


def statuses(port: int, n: int, seed: int) -> list[int]:
    """What `ask` says of ``n`` mutants, many of them at once."""
    rng = random.Random(seed)
    mutants = [mutant(rng) for _ in range(n)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda data: ask(port, data), mutants))
