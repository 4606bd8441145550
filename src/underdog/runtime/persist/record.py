"""The record of a saved model: what it claims about its making, of the types that it must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..schema import Number, matches, said

Plain = Mapping[str, Any]

FIELDS: Mapping[str, Any] = {
    **dict.fromkeys(("spec", "created", "version", "command", "instruction", "kind"), str),
    "seed": int,
    "text": Sequence[str],
    "labels": Sequence[str],
    "corpora": Mapping[str, Mapping[str, str]],
    "data": Plain,
    "data.name": str,
    "data.rows": int,
    "data.fingerprint": str,
    "score": Plain,
    "score.accuracy": float | None,
    "score.rows": int,
    "score.how": str,
    "score.why": str,
    "score.says": str,
    "score.groups": Sequence[Plain],
}
"""The types of known entries; further ones are kept as they are."""

GROUP: Mapping[str, Any] = {"by": str, "value": str, "texts": int, "right": float}

SHARE = Number(0, 1)


def damage(record: Any) -> str:
    """What is wrong with ``record``, in words; nothing if all of it can be read.

    >>> damage({"text": ["title"], "seed": 0}), damage({"text": 5})
    ('', "its record's text must be a list, not 5")
    """
    if not isinstance(record, dict):
        return "its record is not an object"
    for name, hint in FIELDS.items():
        outer, _, inner = name.partition(".")
        place = record.get(outer, {}) if inner else record
        if (inner or outer) not in place:
            continue
        value = place[inner or outer]
        if not matches(value, hint):
            return f"its record's {name} must be {said(hint)}, not {value!r:.40}"
    return _scored(record.get("score", {}))


def _scored(score: Plain) -> str:
    """What is wrong with the numbers of a score."""
    accuracy = score.get("accuracy")
    if accuracy is not None and (SHARE.wrong(accuracy) or score.get("rows", 0) < 1):
        return "its record's accuracy is that of no rows, or no share"
    if accuracy is not None and "how" not in score:
        return "its record does not say how the accuracy was measured"
    for group in score.get("groups", ()):
        typed = all(matches(group.get(name), hint) for name, hint in GROUP.items())
        if not typed or not 0 <= group["right"] <= group["texts"] or not group["texts"]:
            return "its record's groups are no counts of right answers"
    return ""
