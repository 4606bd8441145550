"""A bare pass-through of bytes: ``python -m benchmarks.gateway.floor PORT`` prints its own port.

It reads nothing of what it passes on: no proxy that does anything can cost less.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any


class Side(asyncio.Protocol):
    """One side of a connection; what arrives is written to the other."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.other: Side | None = None
        self.early: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            self.early.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class Front(Side):
    """The side of the client, which opens the other."""

    port = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.task = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        _, back = await asyncio.get_running_loop().create_connection(Side, "127.0.0.1", self.port)
        back.other, self.other = self, back
        for data in self.early:
            back.transport.write(data)


async def main(port: str) -> None:
    """Serve until killed."""
    Front.port = int(port)
    server = await asyncio.get_running_loop().create_server(Front, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1]))
