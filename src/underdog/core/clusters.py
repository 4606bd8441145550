"""Which examples belong together: those with equal texts, and those of one group."""

from __future__ import annotations

from collections.abc import Sequence


def united(keys: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """A name per example, the same for all that share a key or a group, or a chain of these.

    ``keys`` are normalised texts and ``groups`` the names of groups, both of shape ``[examples]``.

    >>> a, b, c = united(["x", "y", "y"], ["1", "1", "2"])
    >>> a == b == c
    True
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while (up := parent.setdefault(key, key)) != key:
            parent[key] = parent[up] = parent.setdefault(up, up)
            key = parent[key]
        return key

    named = [f"group:{group}" for group in groups]
    for group, key in zip(named, keys, strict=True):
        low, high = sorted((root(group), root(f"text:{key}")))
        parent[high] = low
    return tuple(root(group) for group in named)
