"""An upstream that replies what was recorded: ``… benchmarks.gateway.upstream FILE [PORT SHARE]``.

FILE holds JSON: a text, and the reply to it. Prints its port. Speaks Chat Completions; what it does
not know gets the reply "none", what is no request of a chat status 400. A random SHARE of the
requests meets a fault: status 429, 500 or 503, or a reply that breaks off. Such replies say so in
the header x-fault.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any, ClassVar

MODEL = "gpt-4-0613"


class Recorded(asyncio.Protocol):
    """One connection."""

    replies: ClassVar[dict[str, str]] = {}
    faults: ClassVar[float] = 0.0

    def connection_made(self, transport: Any) -> None:
        import httptools

        self.transport, self.body = transport, b""
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        body, self.body = self.body, b""
        try:
            text = str(json.loads(body)["messages"][-1]["content"])
        except (ValueError, TypeError, LookupError, RecursionError):
            self.reply(400, b'{"error": {"message": "no chat"}}')
            return
        content = completion(self.replies.get(text, "none"), 40 + len(text) // 4)
        if self.faults and random.random() < self.faults:
            self.fail(random.choice((429, 500, 503, 0)), content)
        else:
            self.reply(200, content)

    def reply(self, status: int, content: bytes, more: bytes = b"") -> None:
        """Send a whole reply."""
        head = b"HTTP/1.1 %d x\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n"
        self.transport.write(head % (status, more, len(content)) + content)

    def fail(self, status: int, content: bytes) -> None:
        """Send an error; 0 stands for a reply that breaks off."""
        if status:
            more = b"x-fault: 1\r\nretry-after: 1\r\n"
            return self.reply(status, b'{"error": {"message": "fault"}}', more)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-fault: 1\r\n"
        chunked = b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n"
        self.transport.write(head + chunked % (len(content), content))
        self.transport.close()


def completion(said: str, tokens: int) -> bytes:
    """A completion that says ``said`` to a prompt of ``tokens`` tokens."""
    message = {"role": "assistant", "content": said, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": tokens, "completion_tokens": 2, "total_tokens": tokens + 2}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL}
    return json.dumps({**body, "choices": [choice], "usage": usage}).encode()


async def main(file: str, port: str = "0", faults: str = "0") -> None:
    """Serve until killed."""
    Recorded.replies, Recorded.faults = json.loads(Path(file).read_text("utf-8")), float(faults)
    server = await asyncio.get_running_loop().create_server(Recorded, "127.0.0.1", int(port))
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(*sys.argv[1:]))
