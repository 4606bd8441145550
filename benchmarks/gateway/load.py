"""Latencies of requests to one port, one at a time or many at once, over kept connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Measured:
    """Latencies in seconds, shape ``[requests]``; ``seconds`` of all together; and failures."""

    latencies: Any
    seconds: float
    failures: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def at(self, share: float) -> float:
        """A quantile of the latencies, in milliseconds."""
        return float(np.quantile(self.latencies, share)) * 1e3


class Client(asyncio.Protocol):
    """One connection; takes the next request when a reply is complete."""

    def __init__(
        self, todo: list[bytes], latencies: list[float], done: asyncio.Future[None]
    ) -> None:
        import httptools

        self.todo, self.latencies, self.done = todo, latencies, done
        self.parser = httptools.HttpResponseParser(self)
        self.failures = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        if not self.todo:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        request = self.todo.pop()
        self.began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.latencies.append(time.perf_counter() - self.began)
        self.failures += self.parser.get_status_code() != 200
        import httptools

        self.parser = httptools.HttpResponseParser(self)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.failures += 1
            self.done.set_result(None)


def request(path: str, body: dict[str, Any]) -> bytes:
    """A request as bytes."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-1\r\n"
    return (
        f"{head}content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode()
        + data
    )


def measure(port: int, requests: Sequence[bytes], at_once: int) -> Measured:
    """Send ``requests`` to ``port``, ``at_once`` at a time."""
    import uvloop

    async def run() -> Measured:
        loop = asyncio.get_running_loop()
        todo, latencies = list(reversed(requests)), list[float]()
        ends = [loop.create_future() for _ in range(at_once)]
        began = time.perf_counter()
        clients = []
        for end in ends:

            def make(end: asyncio.Future[None] = end) -> Client:
                return Client(todo, latencies, end)

            clients.append((await loop.create_connection(make, "127.0.0.1", port))[1])
        await asyncio.gather(*ends)
        failures = sum(client.failures for client in clients)
        return Measured(np.array(latencies), time.perf_counter() - began, failures)

    return uvloop.run(run())
