"""How an answer is written as text where it is a set of labels, or a number."""

from __future__ import annotations

import math
from collections.abc import Iterable

SEPARATOR = "|"
"""Stands between the labels of one answer to a multi-label task."""

NO_LABELS = SEPARATOR
"""The answer that none of the labels fits: a set without members. An abstention is empty."""


def members(value: str) -> tuple[str, ...]:
    """The labels that an answer to a multi-label task names, each once, in their order.

    >>> members("b | a|"), members("|")
    (('b', 'a'), ())
    """
    return tuple(dict.fromkeys(part.strip() for part in value.split(SEPARATOR) if part.strip()))


def as_set(labels: Iterable[str]) -> str:
    """The answer that names ``labels``.

    >>> as_set(["a", "b"]), as_set([])
    ('a|b', '|')
    """
    return SEPARATOR.join(labels) or NO_LABELS


def number(value: str) -> float:
    """The number that ``value`` is; NaN if it is none, or not finite."""
    try:
        found = float(value)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) and "_" not in value else math.nan


def as_number(value: float) -> str:
    """The answer that states ``value``, with ten significant digits.

    >>> as_number(4.0), as_number(0.1234567)
    ('4', '0.1234567')
    """
    return f"{value:.10g}"
