"""Other spellings of labels that a user gives: ``--map 0=noHate``, and lists of label names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..core.errors import UnderdogError
from ..core.reading.spelling import compact

Gold = tuple[str | None, ...]


def parsed(options: Iterable[str]) -> dict[str, str]:
    """Pairs as they are typed.

    >>> parsed(["0=noHate", "refund =refund"])
    {'0': 'noHate', 'refund ': 'refund'}
    """
    found = {}
    for option in options:
        left, equals, right = option.partition("=")
        if not equals or not left.strip() or not right.strip():
            raise UnderdogError(
                f"{option!r} maps nothing to a label", "type it as ANSWER=LABEL: --map 0=noHate"
            )
        found[left] = right
    return found


def label_names(named: str) -> tuple[str, ...]:
    """The labels that ``named`` lists: separated by commas, or a file with one a line.

    A file may also be a JSON list. In a file, names may hold commas.

    >>> label_names("spam, ham")
    ('spam', 'ham')
    """
    try:
        is_file = Path(named).expanduser().is_file()
    except (OSError, ValueError):  # a list of names is too long for a path
        is_file = False
    if not is_file:
        return tuple(name.strip() for name in named.split(",") if name.strip())
    try:
        text = Path(named).expanduser().read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UnderdogError(
            f"{named} is not text in UTF-8", f"convert it: iconv -t UTF-8 {named} > labels.txt"
        ) from None
    if text.lstrip().startswith("["):
        try:
            return tuple(str(name) for name in json.loads(text))
        except (ValueError, RecursionError):
            pass
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def mapped(
    gold: Gold, labels: Sequence[str], mapping: Mapping[str, str]
) -> tuple[Gold, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The ``gold`` labels, all ``labels`` and the further spellings of answers after ``mapping``.

    A pair whose right side is a label says how an answer may spell it. A pair whose left side is
    a label, and whose right side is none, or differs from it in case, spaces and marks alone, gives
    that label another name.
    """
    pairs = [(_as_label(left, labels), _as_label(right, labels)) for left, right in mapping.items()]
    names = {
        left: right
        for left, right in pairs
        if left in labels and (right not in labels or compact(left) == compact(right) != "")
    }
    after = tuple(dict.fromkeys(names.get(label, label) for label in labels))
    for left, right in pairs:
        if right not in after:
            raise UnderdogError(
                f"--map {left}={right}: neither {left!r} nor {right!r} is a label",
                f"labels: {', '.join(map(repr, labels[:20]))}",
            )
    renamed = tuple([None if label is None else names.get(label, label) for label in gold])
    return renamed, after, tuple(pairs)


def _as_label(typed: str, labels: Sequence[str]) -> str:
    return typed if typed in labels else typed.strip()
