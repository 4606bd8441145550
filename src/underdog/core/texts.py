"""Texts as keys: cleaned, without what does not make two differ, and as a random number."""

from __future__ import annotations

import hashlib

from .task import Text


def clean(text: str) -> str:
    """``text`` with a question mark for what no file, server or tokenizer takes: half a surrogate.

    >>> clean("a \\ud83d")
    'a ?'
    """
    return text.encode("utf-8", "replace").decode()


def plain(text: Text) -> str:
    """``text`` as one `clean` string: the sides of a pair follow each other.

    >>> plain(("A", "B"))
    'A\\n\\nB'
    """
    return clean(text if isinstance(text, str) else "\n\n".join(text))


def normal(text: Text) -> str:
    """``text`` without what does not make two texts different: case and white space.

    >>> normal(("A  b", "C"))
    'a b\\x1fc'
    """
    parts = (text,) if isinstance(text, str) else text
    return "\x1f".join(" ".join(part.casefold().split()) for part in parts)


def draw(key: str) -> float:
    """A number in [0, 1) that looks random and depends on ``key`` alone."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7]) / 2**56
