"""One HTTP request, bounded: a deadline for all of it, a limit on the reply, and no other host."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from time import monotonic
from typing import Any

from ...runtime.extras import require

LARGEST_REPLY = 32 << 20
"""Bytes of a reply at most, unpacked: 100,000 tokens with probabilities take 20 million."""

ORGANISATION = ("openai-organization", "openai-project")
"""Headers that the SDK takes from the environment: who pays at OpenAI is not told to others."""


class TooLargeError(Exception):
    """A reply beyond `LARGEST_REPLY`, or packed in a way that hides its size."""


class RedirectError(Exception):
    """A server that wants the texts, and the key, to go to another host."""


@cache
def client(sdk: Any, timeout: float, *, own: bool) -> Any:
    """An HTTP client for ``sdk`` whose requests end after ``timeout`` seconds.

    ``own`` says that the server is the provider's own.
    """
    httpx = _library(sdk)

    class Bounded(httpx.HTTPTransport):  # type: ignore[misc, name-defined]  # imported late
        def handle_request(self, request: Any) -> Any:
            deadline = monotonic() + timeout
            request.headers["accept-encoding"] = "identity"
            for name in () if own else ORGANISATION:
                request.headers.pop(name, None)
            response = super().handle_request(request)
            _same_host(request, response, httpx)
            packing = response.headers.pop("content-encoding", "identity").lower()
            chunks = _unpacked(_timely(response.stream, deadline, httpx), packing)
            response.stream = _Stream(httpx, chunks, response.stream)
            return response

    return httpx.Client(transport=Bounded(), timeout=timeout, follow_redirects=True)


def posted(client: Any, path: str, body: dict[str, Any]) -> bytes:
    """What the server answers when ``body`` is sent to ``path`` by the openai SDK's ``client``.

    For what the SDK has no method for, or has one only in later versions. Raises as the SDK does.
    """
    kind = _library(require("openai", "llm")).Response
    content: bytes = client.post(path, cast_to=kind, body=body).content
    return content


def _library(sdk: Any) -> Any:
    """The library that the SDK speaks HTTP with: httpx, or its successor."""
    bases = (base.__module__.partition(".")[0] for base in sdk.DefaultHttpxClient.__mro__)
    return require(next(name for name in bases if name.startswith("httpx")), "llm")


def _Stream(httpx: Any, chunks: Iterator[bytes], source: Any) -> Any:
    class Stream(httpx.SyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            return chunks

        def close(self) -> None:
            source.close()

    return Stream()


def _same_host(request: Any, response: Any, httpx: Any) -> None:
    if response.has_redirect_location:
        target = request.url.join(response.headers["location"])
        if target.host != request.url.host or (request.url.scheme, target.scheme) == (
            "https",
            "http",
        ):
            response.close()
            raise RedirectError(f"{target.scheme}://{target.host}")


def _timely(stream: Any, deadline: float, httpx: Any) -> Iterator[bytes]:
    for chunk in stream:
        if monotonic() > deadline:
            raise httpx.ReadTimeout("the reply is not complete in time")
        yield chunk


def _unpacked(chunks: Iterator[bytes], packing: str) -> Iterator[bytes]:
    """The reply as it was before it was packed: by pieces, and not beyond the limit."""
    if packing not in ("identity", "", "gzip", "deflate"):
        raise TooLargeError(f"packed as {packing[:40]}")
    unpack = None if packing in ("identity", "") else zlib.decompressobj(47)
    left = LARGEST_REPLY
    for chunk in chunks:
        piece = chunk if unpack is None else unpack.decompress(chunk, left + 1)
        left -= len(piece)
        if left < 0:
            raise TooLargeError(f"more than {LARGEST_REPLY >> 20} MB")
        yield piece
