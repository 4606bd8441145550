"""Exact repeats answered from memory, where the user says so: temperature 0 only, for a time."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from ..asgi import Header
from .forward import UpstreamReply
from .usage import Used, read, unpacked

MOST = 64 << 20
"""Bytes of replies that are kept at most."""

LARGEST = 1 << 20

KEPT = (b"content-type", b"content-encoding")
"""Headers that a repeat gets too."""

T = TypeVar("T")


@dataclass(frozen=True)
class Kept:
    """A reply that may be given again."""

    body: bytes
    headers: tuple[Header, ...]
    used: Used


class Shelf(Generic[T]):
    """Things by key for ``seconds`` each, and `MOST` bytes in all: the oldest go first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: OrderedDict[bytes, tuple[T, int, float]] = OrderedDict()
        self._size = 0

    def get(self, key: bytes) -> T | None:
        """The thing called ``key``, if there is one that is not too old."""
        found = self._kept.get(key)
        if found is not None and found[2] < time.monotonic():
            self._drop(key)
            return None
        return found[0] if found is not None else None

    def put(self, key: bytes, thing: T, size: int) -> None:
        """Keep ``thing``, of ``size`` bytes, in the place of what was called ``key`` before."""
        self._drop(key)
        self._kept[key] = thing, size, time.monotonic() + self._seconds
        self._size += size
        while self._size > MOST:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> None:
        found = self._kept.pop(key, None)
        self._size -= found[1] if found is not None else 0


class ReplyCache:
    """Replies to requests that were the same byte for byte, by the same tenant, within ``seconds``.

    Only what is asked for at temperature 0 and is not streamed. Off where ``seconds`` is 0.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._shelf: Shelf[Kept] = Shelf(seconds)

    def get(self, found: Any) -> Kept | None:
        """The reply to a request like this one, if there is one that is not too old."""
        if not self.seconds or not repeatable(found.asked):
            return None
        return self._shelf.get(_key(found))

    def put(self, found: Any, reply: UpstreamReply) -> None:
        """Keep a whole reply, if repeats of its request may be answered from it."""
        if self.seconds and repeatable(found.asked) and (kept := kept_of(reply)) is not None:
            self._shelf.put(_key(found), kept, len(kept.body))


def kept_of(reply: UpstreamReply) -> Kept | None:
    """What is kept of a reply; None where it is not whole, or too long."""
    if not reply.whole or reply.cut or len(reply.body) > LARGEST:
        return None
    packed = reply.header(b"content-encoding")
    headers = tuple((k, v) for k, v in reply.headers if k in KEPT)
    return Kept(reply.body, headers, read(unpacked(reply.body, packed), False))


def repeatable(asked: dict[str, Any] | None) -> bool:
    """Whether the same request gets the same reply, as far as its sender wants."""
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
