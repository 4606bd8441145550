"""An upstream that replies what was recorded: ``python -m benchmarks.gateway.upstream FILE``.

FILE holds JSON: a text, and the reply to it. Prints its port. Speaks Chat Completions; what it does
not know gets the reply "none".
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, ClassVar

MODEL = "gpt-4-0613"


class Recorded(asyncio.Protocol):
    """One connection."""

    replies: ClassVar[dict[str, str]] = {}

    def connection_made(self, transport: Any) -> None:
        import httptools

        self.transport, self.body = transport, b""
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        asked = json.loads(self.body)
        self.body = b""
        text = asked["messages"][-1]["content"]
        said = self.replies.get(text, "none")
        tokens = 40 + len(text) // 4
        content = completion(said, tokens)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(head % len(content) + content)


def completion(said: str, tokens: int) -> bytes:
    """A completion that says ``said`` to a prompt of ``tokens`` tokens."""
    message = {"role": "assistant", "content": said, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": tokens, "completion_tokens": 2, "total_tokens": tokens + 2}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL}
    return json.dumps({**body, "choices": [choice], "usage": usage}).encode()


async def main(file: str) -> None:
    """Serve until killed."""
    Recorded.replies = json.loads(Path(file).read_text("utf-8"))
    server = await asyncio.get_running_loop().create_server(Recorded, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1]))
