"""How often the upstream contradicts itself: the same text asked again, and another answer."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

MOST = 10_000
"""Texts of one task whose latest reply is remembered, as hashes: they take about a megabyte."""


class Repeats:
    """The latest reply to each of the last `MOST` texts; they are held in memory only.

    No small model can agree with the upstream more often than the upstream does with itself.
    """

    def __init__(self) -> None:
        self._said: OrderedDict[bytes, str] = OrderedDict()

    def heard(self, text: str, label: str) -> bool | None:
        """Note a reply: whether it is that of the last time; None if ``text`` is a new one."""
        key = blake2b(text.encode("utf-8", "replace"), digest_size=12).digest()
        before = self._said.pop(key, None)
        self._said[key] = label
        if len(self._said) > MOST:
            self._said.popitem(last=False)
        return None if before is None else before == label

    def forget(self) -> None:
        """Begin again: another model may answer from now on."""
        self._said.clear()
