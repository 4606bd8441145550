"""A text as sentences: cut after a full stop, a question mark, an exclamation mark or a line."""

from __future__ import annotations

import re

_ENDS = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+|(?<=[。！？])(?=\S)|\n+")
_SHORT = re.compile(r"(?:^|\W)(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|approx|Fig)\.$")


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, without white space around them; none of a blank text.

    A point after an initial or a common abbreviation ends none.

    >>> sentences("Dr. Who came. Did he stay?\\nNo!")
    ['Dr. Who came.', 'Did he stay?', 'No!']
    """
    found: list[str] = []
    pending = ""
    for piece in _ENDS.split(text):
        piece = f"{pending} {piece}".strip() if pending else piece.strip()
        pending = ""
        if _SHORT.search(piece):
            pending = piece
        elif piece:
            found.append(piece)
    return [*found, pending] if pending else found
