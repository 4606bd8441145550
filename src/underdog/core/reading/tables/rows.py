"""A Markdown table in an answer, as one object for each row."""

from __future__ import annotations

import re
from typing import Any

RULE = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?\s*")
"""The line below the header."""

KEYS = frozenset({"field", "key", "attribute", "property", "item", "aspect", "element", ""})
VALUES = frozenset({"value", "result", "content", "details", "output", ""})
"""Headers of a table that has a name and a value in each row."""


def rows(text: str) -> list[dict[str, Any]]:
    """The rows of the first Markdown table in ``text``, by header; a table of names and values is
    one object.

    >>> rows("| Text | Label |\\n|---|---|\\n| hi | ham |")
    [{'Text': 'hi', 'Label': 'ham'}]
    """
    lines = text.split("\n")
    at = next((i for i, line in enumerate(lines) if i and RULE.fullmatch(line)), None)
    if at is None:
        return []
    header = _cells(lines[at - 1])
    found = []
    for line in lines[at + 1 :]:
        if "|" not in line:
            break
        found.append(_cells(line))
    names = [name.strip("*_` ").casefold() for name in header]
    if len(header) == 2 and names[0] in KEYS and names[1] in VALUES:
        return [{row[0].strip("*_` "): row[1] for row in found if len(row) == 2}]
    return [dict(zip(header, row, strict=True)) for row in found if len(row) == len(header)]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
