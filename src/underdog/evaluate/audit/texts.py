"""Texts that are blank or very long, and recorded columns with gaps."""

from __future__ import annotations

from ...core.data import Dataset, Text, normal
from .finding import SHOWN, Finding, clipped

LONG, HUGE = 2_000, 100_000
"""Characters: what an encoder of 512 tokens reads, roughly; what hardly any model reads."""


def blank(data: Dataset) -> list[Finding]:
    """Texts without a letter in them."""
    rows = [i for i, text in enumerate(data.texts) if not normal(text).strip("\x1f ")]
    if not rows:
        return []
    return [
        Finding(
            "empty texts",
            "warning",
            len(rows),
            f"{len(rows):,} of {len(data):,} texts are empty.",
            tuple(f"example {i + 1:,}" for i in rows[:SHOWN]),
        )
    ]


def long(data: Dataset) -> list[Finding]:
    """Texts of which some models see the beginning only."""
    lengths = [_length(text) for text in data.texts]
    rows = sorted((i for i, n in enumerate(lengths) if n > LONG), key=lambda i: -lengths[i])
    if not rows:
        return []
    longest = lengths[rows[0]]
    return [
        Finding(
            "long texts",
            "warning" if longest > HUGE else "note",
            len(rows),
            f"{len(rows):,} of {len(data):,} texts have more than {LONG:,} characters, the "
            f"longest {longest:,}: an encoder of 512 tokens reads their beginning only.",
            tuple(f"{lengths[i]:,} characters: {clipped(data.texts[i])}" for i in rows[:SHOWN]),
        )
    ]


def gaps(data: Dataset) -> list[Finding]:
    """Columns that have no value in some rows: a recorded model abstains there."""
    missing = {
        name: n
        for name, column in data.columns.items()
        if (n := sum(value is None or value == "" for value in column))
    }
    if not missing:
        return []
    return [
        Finding(
            "gaps",
            "note",
            len(missing),
            f"{len(missing):,} of {len(data.columns):,} other columns have rows without a value; "
            "recorded answers count as abstentions there.",
            tuple(f"{name!r}: {n:,} of {len(data):,}" for name, n in [*missing.items()][:SHOWN]),
        )
    ]


def _length(text: Text) -> int:
    return len(text) if isinstance(text, str) else sum(map(len, text))
