"""Replies as one of a few: a bare label, a JSON object, a call of a tool."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..dialects.chat import Call
from ..dialects.content import canonical

LONGEST = 300
"""Characters of a reply that can be a label."""

MOST = 64
"""Different replies of one task at most."""

RARE = 0.03
"""The share of replies that may be none of the few."""

TRIM = " \t\r\n.!\"'`*"


def label(content: str | None, call: Call | None) -> str:
    """What replies of one meaning share: the label in lower case without marks, or the JSON.

    Empty for a reply that is too long to be one of a few.

    >>> label(" Positive.", None), label('{"label": "Positive"}', None)
    ('positive', '{"label":"Positive"}')
    """
    if call is not None:
        return _bounded("call " + canonical([call[0], _loaded(call[1])]))
    if content is None or len(content) > LONGEST:
        return ""
    found = _loaded(content)
    if isinstance(found, dict | list):
        return _bounded(canonical(found))
    return content.strip(TRIM).lower()


def _bounded(name: str) -> str:
    return name if len(name) <= LONGEST else ""


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def closed(labels: Iterable[str]) -> tuple[str, ...]:
    """The few labels that nearly all replies are; empty where replies are not of a few kinds."""
    counts = Counter(labels)
    total = counts.total()
    most = min(MOST, max(2, total // 10))
    kept = [name for name, n in counts.most_common(most) if name and n >= max(2, 0.002 * total)]
    covered = sum(counts[name] for name in kept)
    if len(kept) < 2 or covered < (1 - RARE) * total:
        return ()
    return tuple(sorted(kept))
