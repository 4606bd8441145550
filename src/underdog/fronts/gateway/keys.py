"""Who may use the gateway: keys compared in constant time, and callers known by a salted hash."""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import secrets
import stat
import time
from collections.abc import Iterable
from pathlib import Path

from ...core.errors import UnderdogError

ACCEPTED = 3600.0
"""Seconds for which a key counts as valid after the upstream accepted it."""

MOST = 100_000
"""Keys of callers that are remembered at a time."""


class Keys:
    """The gateway's own keys: given ones, and those in a file that is read again when it changes.

    Only digests are kept. Taking a line out of the file revokes that key at once.
    """

    def __init__(self, given: Iterable[str] = (), file: Path | None = None) -> None:
        self._given = frozenset(_digest(key) for key in given)
        self._file = file
        self._stamp: tuple[int, int] = (-1, -1)
        self._read: frozenset[bytes] = frozenset()
        self._check_file()

    @property
    def wanted(self) -> bool:
        """Whether a request needs a key."""
        return bool(self._given) or self._file is not None

    def valid(self, key: str) -> bool:
        """Whether ``key`` is one of the keys; takes the same time for every wrong one."""
        self._check_file()
        mine = _digest(key)
        found = False
        for other in (*self._given, *self._read):
            found |= hmac.compare_digest(mine, other)
        return found

    def _check_file(self) -> None:
        if self._file is None:
            return
        try:
            now = os.stat(self._file)
            stamp = (now.st_mtime_ns, now.st_size)
            if not stat.S_ISREG(now.st_mode):
                raise OSError(errno.EINVAL, "it is no plain file")
            if stamp != self._stamp:
                lines = self._file.read_text("utf-8").split()
                self._read, self._stamp = frozenset(_digest(line) for line in lines), stamp
        except (OSError, UnicodeDecodeError) as error:
            if self._stamp == (-1, -1):
                raise UnderdogError(
                    f"the keys in {self._file} cannot be read: {error}",
                    "write one key a line, and name the file: --key-file FILE",
                ) from error
            self._read = frozenset()  # a file that was taken away revokes its keys


class Callers:
    """Tenants: a salted hash of the key that a caller sends to the upstream.

    A caller is answered locally only after the upstream accepted its key within the last hour;
    status 401 or 403 revokes that.
    """

    def __init__(self, salt: bytes | None = None) -> None:
        self._salt = salt or secrets.token_bytes(16)
        self._names: dict[bytes, str] = {}
        self._until: dict[str, float] = {}

    def tenant(self, credential: bytes) -> str:
        """The name of the caller that sends ``credential``: 16 characters that do not reveal it."""
        short = hashlib.sha256(credential).digest()
        found = self._names.get(short)
        if found is None:
            if len(self._names) >= MOST:
                self._names.clear()
            found = hmac.new(self._salt, credential, hashlib.sha256).hexdigest()[:16]
            self._names[short] = found
        return found

    def note(self, tenant: str, status: int) -> None:
        """Learn from the status with which the upstream answered ``tenant``."""
        if status in (401, 403):
            self._until.pop(tenant, None)
        elif 200 <= status < 300:
            if len(self._until) >= MOST:
                self._until.clear()
            self._until[tenant] = time.monotonic() + ACCEPTED

    def accepted(self, tenant: str) -> bool:
        """Whether the upstream accepted the caller's key within the hour."""
        return self._until.get(tenant, 0.0) > time.monotonic()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
