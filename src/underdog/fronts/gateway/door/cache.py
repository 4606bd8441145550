"""Exact repeats answered from memory, where the user says so: temperature 0 only, for a time."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ..asgi import Header
from .forward import Reply
from .usage import Used, read, unpacked

MOST = 64 << 20
"""Bytes of replies that are kept at most."""

LARGEST = 1 << 20


@dataclass(frozen=True)
class Kept:
    """A reply, until ``end`` (of the monotonic clock, in seconds)."""

    body: bytes
    headers: tuple[Header, ...]
    used: Used
    end: float


class Cache:
    """Replies to requests that were the same byte for byte, by the same tenant, within ``seconds``.

    Only what is asked for at temperature 0 and is not streamed. Off where ``seconds`` is 0.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._size = 0

    def get(self, found: Any) -> Kept | None:
        """The reply to a request like this one, if there is one that is not too old."""
        if not self.seconds or not _repeatable(found.asked):
            return None
        kept = self._kept.get(key := _key(found))
        if kept is not None and kept.end < time.monotonic():
            self._size -= len(self._kept.pop(key).body)
            return None
        return kept

    def put(self, found: Any, reply: Reply) -> None:
        """Keep a whole reply, if repeats of its request may be answered from it."""
        packed = reply.header(b"content-encoding")
        if not self.seconds or not reply.whole or reply.cut or len(reply.body) > LARGEST:
            return
        if found.asked is None or not _repeatable(found.asked):
            return
        headers = tuple(
            (k, v) for k, v in reply.headers if k in (b"content-type", b"content-encoding")
        )
        used = read(unpacked(reply.body, packed), False)
        kept = Kept(reply.body, headers, used, time.monotonic() + self.seconds)
        self._kept[_key(found)] = kept
        self._size += len(reply.body)
        while self._size > MOST:
            self._size -= len(self._kept.popitem(last=False)[1].body)


def _repeatable(asked: dict[str, Any] | None) -> bool:
    if asked is None or asked.get("stream") is True:
        return False
    return "questions" in asked or asked.get("temperature") == 0


def _key(found: Any) -> bytes:
    path = found.scope["path"].encode("utf-8", "replace")
    accepts = next((v for k, v in found.scope["headers"] if k == b"accept-encoding"), b"")
    said = b"\0".join(
        (found.tenant.encode(), path, found.scope["query_string"], accepts, found.body)
    )
    return blake2b(said, digest_size=16).digest()
