"""The words of a text with their places, and the text without some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from ..task import Text
from .explanation import Token

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Scripts that put no spaces between words: there, a character is a token of its own."""

TOKEN = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")


def tokens_of(text: Text, most: int | None = None) -> tuple[Token, ...]:
    """The runs of characters between spaces; of both sides of a pair.

    Where there are more than ``most``, neighbours are joined into runs of equal length.

    >>> [t.text for t in tokens_of("so good, 好的")]
    ['so', 'good,', '好', '的']
    """
    sides = (text,) if isinstance(text, str) else text
    found = [
        Token(m.group(), m.start(), m.end(), side)
        for side, part in enumerate(sides)
        for m in TOKEN.finditer(part)
    ]
    if most is None or len(found) <= most:
        return tuple(found)
    size = -(-len(found) // max(1, most - (len(sides) - 1)))
    joined = []
    for side, part in enumerate(sides):
        mine = [token for token in found if token.side == side]
        for run in (mine[i : i + size] for i in range(0, len(mine), size)):
            start, end = run[0].start, run[-1].end
            joined.append(Token(part[start:end], start, end, side))
    return tuple(joined)


def keep(text: Text, tokens: Sequence[Token], kept: NDArray[np.bool_]) -> list[Text]:
    """``text`` with those of its ``tokens`` that each row of ``kept``, ``[texts, tokens]``, marks.

    A token that goes takes the space after it along.

    >>> keep("a b  c", tokens_of("a b  c"), np.array([[True, False, True]]))
    ['a c']
    """
    sides = (text,) if isinstance(text, str) else text
    parts: list[list[str]] = []
    columns = []
    for side, part in enumerate(sides):
        mine = [i for i, token in enumerate(tokens) if token.side == side]
        starts = [tokens[i].start for i in mine]
        parts.append([part[a:b] for a, b in zip(starts, [*starts[1:], len(part)], strict=False)])
        columns.append(kept[:, mine].tolist())
    whole = [
        ["".join(compress(part, row)) for row in rows]
        for part, rows in zip(parts, columns, strict=True)
    ]
    return list(whole[0]) if isinstance(text, str) else list(zip(whole[0], whole[1], strict=True))


def without_each(text: Text, tokens: Sequence[Token]) -> list[Text]:
    """``text`` without its first token, without its second, and so on."""
    return keep(text, tokens, ~np.eye(len(tokens), dtype=bool))
