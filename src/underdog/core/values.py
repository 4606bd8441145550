"""How sets of labels, numbers, pieces of a text and rows of a table are written as texts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

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


CELL = re.compile(r'("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*"|[^\s,{}"]+)')
"""A name and a value in JSON, also in JSON of which parts were deleted."""


def as_row(cells: Mapping[str, str | float | None]) -> str:
    """A row of a table as a text: JSON, without the cells that are blank.

    >>> as_row({"amount": "12.50", "plan": "pro", "code": "007", "note": ""})
    '{"amount": 12.50, "plan": "pro", "code": "007"}'
    """
    shown = {name: "" if cell is None else str(cell).strip() for name, cell in cells.items()}
    written = [f"{_quoted(name)}: {_written(cell)}" for name, cell in shown.items() if cell]
    return "{" + ", ".join(written) + "}"


def row_cells(text: str) -> list[tuple[str, str, int, int]]:
    """The cells of a text that `as_row` wrote: name and value, and where they stand in it.

    >>> row_cells('{"amount": 12.50, "plan": "pro"}')
    [('amount', '12.50', 1, 16), ('plan', 'pro', 18, 31)]
    """
    return [(_plain(m[1]), _plain(m[2]), m.start(), m.end()) for m in CELL.finditer(text)]


def _written(cell: str) -> str:
    """A value in JSON: as it is if JSON takes it for a number, else in quotes."""
    return cell if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", cell) else _quoted(cell)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _plain(written: str) -> str:
    if written == "null":
        return ""
    if written[0] != '"':
        return written
    try:
        return str(json.loads(written, strict=False))
    except ValueError:  # a mark that JSON does not know
        return written[1:-1]


Piece = tuple[str, str]
"""What a piece of a text is, and the piece itself: ``("person", "Ada Lovelace")``."""

KIND_KEYS = ("label", "type", "entity_group", "tag", "class", "category", "entity", "kind")
"""Keys under which answers in JSON name the kind of a piece."""

PIECE_KEYS = ("text", "value", "span", "word", "surface", "mention", "name", "entity")
"""Keys under which they hold the piece itself."""

PARSED = 1 << 16
"""Right answers whose pieces are kept: they are asked for again at every grading."""

LINE = re.compile(r"^[\s\-*•]*([\w -]{1,40}?)\s*[:=]\s*(\S.*)$")


def as_pieces(pieces: Iterable[Piece]) -> str:
    """The answer that names pieces of a text: JSON, a pair of kind and piece for each.

    >>> as_pieces([("person", "Ada"), ("place", "London")])
    '[["person", "Ada"], ["place", "London"]]'
    """
    return json.dumps([list(piece) for piece in pieces], ensure_ascii=False)


def is_pieces(value: str) -> bool:
    """Whether ``value`` is written as `as_pieces` writes it."""
    return value[:1] == "[" and value[-1:] == "]" and _names_pieces(value)


@lru_cache(PARSED)
def _names_pieces(value: str) -> bool:
    return pieces(value, lines=False) is not None


def pieces(value: str, lines: bool = True) -> tuple[Piece, ...] | None:
    """The pieces that an answer names; None if it cannot be read as such.

    Reads pairs, objects with a kind and a text, an object of lists by kind, and, with ``lines``,
    JSON inside of other words and lines such as ``person: Ada``.

    >>> pieces('{"person": ["Ada"], "place": []}'), pieces("no list at all")
    ((('person', 'Ada'),), None)
    """
    for candidate in _candidates(value) if lines else (value,):
        try:
            found = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if (read := _pieces(found)) is not None:
            return read
    told = [LINE.match(line) for line in value.splitlines() if line.strip()] if lines else []
    if not told or not all(told):
        return None
    return tuple((m[1].strip(), m[2].strip()) for m in told if m is not None)


def _candidates(value: str) -> Iterator[str]:
    yield value
    for opening, closing in ("[]", "{}"):
        start, end = value.find(opening), value.rfind(closing)
        if 0 <= start < end:
            yield value[start : end + 1]


def _pieces(found: Any) -> tuple[Piece, ...] | None:
    if isinstance(found, Mapping):
        lists = [v for v in found.values() if isinstance(v, list)]
        if len(found) == 1 and lists and any(isinstance(x, list | dict) for x in lists[0]):
            return _pieces(lists[0])  # {"entities": [...]}
        if len(lists) < len(found) or not all(isinstance(x, str) for v in lists for x in v):
            return None
        return tuple((str(kind), piece) for kind, several in found.items() for piece in several)
    if not isinstance(found, list):
        return None
    read = [_piece(one) for one in found]
    return None if None in read else tuple(one for one in read if one is not None)


def _piece(one: Any) -> Piece | None:
    if isinstance(one, list) and len(one) == 2 and all(isinstance(x, str) for x in one):
        return one[0], one[1]
    if not isinstance(one, Mapping):
        return None
    kind = next((one[key] for key in KIND_KEYS if isinstance(one.get(key), str)), None)
    named = [key for key in PIECE_KEYS if isinstance(one.get(key), str) and one[key] != kind]
    return None if kind is None or not named else (kind, one[named[0]])
