"""Texts: cleaned, as keys without what does not make two differ, and cut into sentences."""

from __future__ import annotations

import hashlib
import re

from .task import Text

_MARKS = r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|(?<=[a-z0-9\")][.!?])(?=[A-Z][a-z])"
ENDS, ENDS_OR_LINES = re.compile(_MARKS), re.compile(rf"{_MARKS}|\n+")
"""Where a sentence may end: also where the space behind it was lost, as in ``the end.Then``."""

ABBREVIATED = re.compile(
    r"(?:^|\W)(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|approx|Fig|pp|cf|al)\.$"
)
UNIT = re.compile(r"(?:^|\W)\w{1,2}\.$")
"""A short word with a point; before a small letter it ends no sentence."""

CLOSING = "\"'”’)]"


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


def spans(text: str, lines: bool = True) -> list[tuple[int, int]]:
    """Where the sentences of ``text`` begin and end, as places of characters; no blank ones.

    A point after an initial or a common abbreviation ends none. With ``lines``, a line ends one.

    >>> [("One. Two?")[a:b] for a, b in spans("One. Two?")]
    ['One.', 'Two?']
    """
    parts, start = [], 0
    for match in (*(ENDS_OR_LINES if lines else ENDS).finditer(text), None):
        stop, after = match.span() if match else (len(text), len(text))
        if match:
            stop += len(match[0]) - len(match[0].lstrip(CLOSING))
            said, small = text[start:stop], text[after : after + 1].islower()
            open_ = ABBREVIATED.search(said) or (small and UNIT.search(said))
            if open_ and not (lines and "\n" in match[0]):
                continue
        if text[start:stop].strip():
            parts.append((start, stop))
        start = after
    return parts


def sentences(text: str, lines: bool = True) -> list[str]:
    """The sentences of ``text``, without white space around them; none of a blank text.

    >>> sentences("Dr. Who came. Did he stay?\\nNo!")
    ['Dr. Who came.', 'Did he stay?', 'No!']
    >>> sentences("a line\\nthat is wrapped. It cost 3.5 m. in all.", lines=False)
    ['a line\\nthat is wrapped.', 'It cost 3.5 m. in all.']
    """
    return [text[start:stop].strip() for start, stop in spans(text, lines)]
