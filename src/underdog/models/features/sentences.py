"""A text as sentences: cut after a full stop, a question mark, an exclamation mark or a line."""

from __future__ import annotations

import re

_ENDS = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n+")
_SHORT = re.compile(r"(?:^|\W)(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|approx|Fig)\.$")
_CLOSING = "\"'”’)]"


def spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of ``text`` begin and end, as places of characters; no blank ones.

    A point after an initial or a common abbreviation ends none.

    >>> [("One. Two?")[a:b] for a, b in spans("One. Two?")]
    ['One.', 'Two?']
    """
    parts, start = [], 0
    for match in (*_ENDS.finditer(text), None):
        stop, after = match.span() if match else (len(text), len(text))
        if match:
            stop += len(match.group()) - len(match.group().lstrip(_CLOSING))
            if "\n" not in match.group() and _SHORT.search(text[start:stop]):
                continue
        if text[start:stop].strip():
            parts.append((start, stop))
        start = after
    return parts


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, without white space around them; none of a blank text.

    >>> sentences("Dr. Who came. Did he stay?\\nNo!")
    ['Dr. Who came.', 'Did he stay?', 'No!']
    """
    return [text[start:stop].strip() for start, stop in spans(text)]
