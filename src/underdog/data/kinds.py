"""What a column of right answers holds: single labels, sets of labels, numbers or texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ..core.data import KINDS, Column, Dataset, Text
from ..core.errors import UnderdogError
from ..core.values import SEPARATOR, as_set, is_pieces, number, pieces
from .lists import elements
from .sheet import shown

SEVERAL = 0.02
"""The share of rows with several labels from which on a column is taken to hold sets of them."""

SIGNS = (";", SEPARATOR)
"""Signs between labels that are recognised unasked."""

MORE_SIGNS = (",", "#", "/", "+", "&", "\n")
"""Signs that also stand in the names of labels: they part labels where each part is known to be
one, or where the user says that cells hold several."""

ALL_SIGNS = (*SIGNS, *MORE_SIGNS)

REUSED = 3
"""How often each part of a cell must occur, on average, to be a label."""

OTHER_CELLS = 1.5
"""In how many distinct cells each part must stand, on average, if the user says it is a label."""

RATINGS = re.compile(r"(^|_)(ratings?|scores?|grades?|points|likert|mos|degree)$", re.I)
"""Names of columns whose whole numbers are amounts, and not names of classes."""

LONG = 3
"""Words, on average, from which on answers that hardly repeat are texts."""

COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*")


@dataclass(frozen=True)
class RightAnswers:
    """The right answer of each row, None where there is none, and what was done to read it.

    ``gold`` is written as `core.values` says; ``references`` are several right answers a row.
    """

    kind: str
    gold: tuple[str | None, ...]
    labels: tuple[str, ...] = ()
    references: tuple[tuple[str, ...], ...] | None = None
    notes: list[str] = field(default_factory=list)


def guess_kind(column: Column, name: str) -> str:
    """The kind of task that ``column``, called ``name``, holds the right answers to."""
    filled = [value for value in column if shown(value).strip()]
    if filled and all(is_pieces(shown(value)) for value in filled):
        return "text"
    lists = [found for value in filled if (found := elements(value)) is not None]
    several = [found for found in lists if len(found) > 1]
    if len(several) >= max(1, SEVERAL * len(filled)):
        parts = [shown(one) for found in lists for one in found]
        return "text" if _are_texts(parts) or _are_rare(lists) else "labels"
    values = [shown(value).strip() for value in filled]
    if values and all(number(value) == number(value) for value in values):
        return "number" if _are_amounts(values, name) else "label"
    if any(_joined(values, s) and (s in SIGNS or _known_parts(values, s)) for s in ALL_SIGNS):
        return "labels"
    return "text" if _are_texts(values) else "label"


def read_answers(column: Column, name: str, kind: str, labels: Sequence[str] = ()) -> RightAnswers:
    """The right answers in ``column``, called ``name``, as ``kind``, which is not "label".

    ``labels`` are those of the task, where the file may not show all. Raises `UnderdogError` for
    answers that are none of ``labels``, and for labels that hold `SEPARATOR`.
    """
    if kind not in KINDS:
        raise UnderdogError(f"there is no kind {kind!r}", f"--kind {'|'.join(KINDS)}")
    if kind == "labels":
        return _sets(column, name, tuple(labels))
    return _numbers(column, name) if kind == "number" else _texts(column, name)


def merged(data: Dataset) -> tuple[Dataset, list[int]]:
    """``data`` with the labels of equal texts joined, and the first row of each text.

    So that a file may give each label of a text a row of its own. Rows without an answer, and
    tasks of other kinds, stay as they are.
    """
    rows: dict[Text, list[int]] = {}
    for i, (text, label) in enumerate(zip(data.texts, data.labels, strict=True)):
        if label is not None:
            rows.setdefault(text, []).append(i)
    if data.task.kind != "labels" or len(rows) == sum(map(len, rows.values())):
        return data, [*range(len(data))]
    gold = list(data.labels)
    place = {label: k for k, label in enumerate(data.task.labels)}
    for same in rows.values():
        several = {label for i in same for label in data.right[i]}
        gold[same[0]] = as_set(sorted(several, key=place.__getitem__))
    first = {same[0] for same in rows.values()}
    kept = [i for i, label in enumerate(data.labels) if label is None or i in first]
    return data.relabelled(gold), kept


def _sets(column: Column, name: str, labels: tuple[str, ...]) -> RightAnswers:
    lists = [elements(value) for value in column]
    values = [shown(value).strip() for value in column]
    sign = ""
    if all(found is None or len(found) < 2 for found in lists):
        sign = next((one for one in SIGNS if _joined(values, one)), "") or next(
            (one for one in ALL_SIGNS if _recombined(values, one)), ""
        )
    sets: list[tuple[str, ...] | None] = []
    for value, found in zip(values, lists, strict=True):
        if not value:
            sets.append(None)
        elif found is not None:
            sets.append(tuple(dict.fromkeys(s for one in found if (s := shown(one).strip()))))
        else:
            parts = value.split(sign) if sign else [value]
            sets.append(tuple(dict.fromkeys(s for part in parts if (s := part.strip()))))
    known = [some for some in sets if some is not None]
    seen = sorted({label for some in known for label in some})
    if bad := [label for label in seen if SEPARATOR in label]:
        raise UnderdogError(
            f"the label {bad[0]!r} holds {SEPARATOR!r}, which stands between labels in answers",
            f"rename it in the file: sed 's/{SEPARATOR}/-/g'",
        )
    if labels and (strange := [label for label in seen if label not in labels]):
        raise UnderdogError(
            f"column {name!r} holds {strange[0]!r}, which is none of the labels given",
            f"give them all: --labels {','.join([*labels, *strange[:3]])}",
        )
    names = labels or tuple(seen)
    place = {label: k for k, label in enumerate(names)}
    gold = [None if s is None else as_set(sorted(s, key=place.__getitem__)) for s in sets]
    how = f"separated by {sign!r}" if sign else "as lists"
    mean = sum(map(len, known)) / max(len(known), 1)
    notes = [
        f"answers: sets of labels ({how}; {len(names)} labels, {mean:.2g} a row; one label a row:"
        f" --kind label{', right answers as texts: --kind text' * (not sign)})"
    ]
    if empty := sum(not some for some in known):
        notes.append(f"{empty:,} rows have an empty set: right is what names none of the labels")
    return RightAnswers("labels", tuple(gold), names, notes=notes)


def _numbers(column: Column, name: str) -> RightAnswers:
    values = [shown(value).strip() for value in column]
    filled = [value for value in values if value]
    if any("," in value for value in filled) and all(
        COMMA.fullmatch(v) or number(v) == number(v) for v in filled
    ):
        values = [value.replace(",", ".") for value in values]
    gold = [value if number(value) == number(value) else None for value in values]
    known = [number(value) for value in gold if value is not None]
    notes = []
    if known:
        notes = [f"answers: numbers from {min(known):g} to {max(known):g} (classes: --kind label)"]
    if bad := [v for v, y in zip(values, gold, strict=True) if v and y is None]:
        if len(bad) > len(filled) / 2:
            raise UnderdogError(
                f"column {name!r} holds no numbers: {len(bad):,} of {len(filled):,} cells are"
                f" none, such as {bad[0]!r}",
                "name another column: --label COLUMN, or another kind: --kind label",
            )
        notes.append(f"{len(bad):,} rows have no number, such as {bad[0]!r}: they have no answer")
    return RightAnswers("number", tuple(gold), notes=notes)


def _texts(column: Column, name: str) -> RightAnswers:
    references = []
    kinds: Counter[str] = Counter()
    for value in column:
        found = None if is_pieces(shown(value)) else elements(value)
        kinds.update(kind for kind, _ in pieces(shown(value), False) or ())
        listed = [shown(one) for one in found] if found is not None else [shown(value)]
        references.append(tuple(one for one in listed if one.strip()))
    gold = tuple(some[0] if some else None for some in references)
    most = max(map(len, references), default=0)
    more = f", up to {most} references a row" if most > 1 else ""
    notes = [f"answers: texts{more} (labels: --kind label)"]
    if kinds:
        mean = kinds.total() / max(1, sum(map(bool, references)))
        names = ", ".join(kind for kind, _ in kinds.most_common(12))
        notes = [f"answers: pieces of the text, of the kinds {names}; {mean:.2g} a row"]
    return RightAnswers(
        "text", gold, references=tuple(references) if most > 1 else None, notes=notes
    )


def are_steps(labels: Sequence[str]) -> bool:
    """Whether labels may be the steps of a scale: three to eleven whole numbers in a row."""
    steps = sorted(number(label) for label in labels)
    return 3 <= len(steps) <= 11 and all(b - a == 1 for a, b in pairwise(steps))


def _are_amounts(values: Sequence[str], name: str) -> bool:
    """Whether numbers are amounts: fractions, a rating by name, or hardly any twice."""
    distinct = {number(value) for value in values}
    if len(distinct) < 3:
        return False
    fractions = any(not value.is_integer() for value in distinct)
    rated = RATINGS.search(re.sub(r"\W+", "_", name)) is not None
    return fractions or rated or len(distinct) > len(values) / 2


def _are_texts(values: Sequence[str]) -> bool:
    """Whether answers hardly repeat, and are longer than labels are."""
    if len(values) < 2 or len(set(values)) <= len(values) / 3:
        return False
    return sum(len(value.split()) for value in values) / len(values) >= LONG


def _are_rare(lists: Sequence[Sequence[Any]]) -> bool:
    """Whether most elements of lists stand in one row only, as other names of one answer do."""
    rows = Counter(word for found in lists for word in {shown(one).casefold() for one in found})
    return sum(n == 1 for n in rows.values()) > len(rows) / 2


def _parts(values: Sequence[str], sign: str) -> list[str]:
    """The parts of the values that hold ``sign`` between others."""
    return [
        part.strip()
        for value in values
        if sign in value.strip(sign)
        for part in value.split(sign)
        if part.strip()
    ]


def _recombined(values: Sequence[str], sign: str) -> bool:
    """Whether the parts between ``sign`` also occur in other cells: "a / b" beside "b / c".

    A name such as "Cosmetic / Plastic Surgery" is one label.
    """
    cells: dict[str, set[str]] = {}
    for value in set(values):
        for part in value.split(sign):
            cells.setdefault(part.strip(), set()).add(value)
    parts = set(_parts(values, sign))
    return bool(parts) and sum(len(cells[part]) for part in parts) >= OTHER_CELLS * len(parts)


def _known_parts(values: Sequence[str], sign: str) -> bool:
    """Whether each part between ``sign`` is also a cell of its own: "a / b" beside "a" and "b"."""
    whole = set(values)
    return all(part in whole for part in _parts(values, sign))


def _joined(values: Sequence[str], sign: str) -> bool:
    """Whether ``sign`` stands between labels, each of which occurs again and again."""
    several = sum(sign in value.strip(sign) for value in values)
    if several < max(1, SEVERAL * len(values)):
        return False
    parts = Counter(p for v in values for part in v.split(sign) if (p := part.strip()))
    joined = set(_parts(values, sign))
    short = all(len(part) <= 60 for part in joined)
    reused = sum(parts[part] for part in joined) >= REUSED * len(joined)
    return short and reused
