"""What an answer states where the labels are not known beforehand: a short phrase, or nothing."""

from __future__ import annotations

import re

from .containers import FENCE, first_turn, message, unpacked
from .fields import labels_in, objects
from .phrases import FINAL, STATED
from .reasoning import without_reasoning
from .spelling import QUOTES, plain, unwrapped

LONGEST = 60
"""Characters of an answer that may be a bare label."""

NESTED = 3
KEYED = re.compile(r"^(.{0,60}?[:=：])\s*(.+)$")
"""What stands before a colon, and what after it."""


def stated(answer: str, depth: int = 0) -> str:
    """The label that ``answer`` states as a whole: 'billing' for '**Label: billing**'; or ''.

    Reasoning, API replies, JSON, fences and tags are removed as from an answer whose labels are
    known. Of several lines, one that states a label counts.

    >>> stated('<think>a refund?</think> Category: refund.'), stated('{"label": "refund"}')
    ('refund', 'refund')
    """
    text = unpacked(plain(first_turn(without_reasoning(answer)[0].translate(QUOTES))))
    bare = FENCE.sub(r" \1 ", text) if "{" in text or "[" in text else text
    things, _, _ = objects(bare)
    for thing in things if depth < NESTED else ():
        if (inner := message(thing)) is not None:
            return stated(inner, depth + 1)
        found, _ = labels_in(thing, lambda value: frozenset(filter(None, [_short(value)])))
        return next(iter(found)) if len(found) == 1 else ""
    lines = [line.strip() for line in FENCE.sub(r"\n\1\n", text).splitlines() if line.strip()]
    for line in reversed(lines):
        keyed = KEYED.match(line)
        if keyed and (FINAL.search(keyed[1]) or STATED.search(keyed[1])):
            return _short(keyed[2])
    return _short(lines[0]) if len(lines) == 1 else ""


def _short(text: str) -> str:
    bare = unwrapped(text.strip())
    return bare if len(bare) <= LONGEST and "\n" not in bare else ""
