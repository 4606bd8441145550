"""How contestants do on parts of the test texts, and which words go with each answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..evaluate.explanation.words import FEWEST, LABELS, words_of
from .rows import Summary, correctness
from .test_set import TestSet

MOST = 12
"""Different values that a column may have."""

COLUMNS = 6
"""Columns of the file by which texts are divided, at most."""

JUDGED = re.compile(
    r"(answer|prediction|response|output|label|correct|right|score|cost|price|dollars|id)s?$", re.I
)
"""Names of columns that tell of models and not of texts."""


def slices(
    found: Sequence[Summary], gold: TestSet, tests: Sequence[Dataset], read: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The mean grade of each contestant on parts of the test texts, as plain data.

    Parts are those of equal label, of similar length, of one group, and of one value of any other
    column with few values. ``read`` are columns that hold answers, which are no property of a text.
    """
    right = {s.spec: correctness(s.runs, gold) for s in found}
    kept = []
    for name, values in _properties(gold, tests, read):
        counts = Counter(value for value in values if value)
        shown = [value for value, n in counts.items() if n >= FEWEST]
        if len(shown) < 2:
            continue
        column = np.array(values, dtype=object)
        kept += [_part(name, value, column == value, right) for value in _ordered(name, shown)]
    return kept


def _part(name: str, value: str, rows: Any, right: Mapping[str, Floats]) -> dict[str, Any]:
    accuracy = {spec: float(column[rows].mean()) for spec, column in right.items()}
    return {"by": name, "value": value, "texts": int(rows.sum()), "accuracy": accuracy}


def _ordered(name: str, values: Sequence[str]) -> list[str]:
    if name != "length":
        return sorted(values)
    return sorted(values, key=lambda value: (value[0] != "u", value[0] == "o"))


def _properties(
    gold: TestSet, tests: Sequence[Dataset], read: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    """The name of each property of a text, and its value for each text; empty where unknown."""
    if gold.kind == "label" and len(gold.labels) <= LABELS:
        yield "label", list(gold.values)
    lengths = np.array([len(" ".join(_parts(text)).split()) for text in gold.texts])
    short, long = np.quantile(lengths, [1 / 3, 2 / 3]).astype(int).tolist()
    if short < long:
        names = (f"up to {short} words", f"{short + 1} to {long} words", f"over {long} words")
        place = (lengths > short).astype(int) + (lengths > long)
        yield "length", [names[k] for k in place.tolist()]
    if all(test.groups is not None for test in tests):
        yield "group", [str(group) for test in tests for group in test.groups or ()]
    shared = [c for c in tests[0].columns if all(c in test.columns for test in tests)]
    taken = 0
    for column in shared:
        cells = ["" if c is None else str(c) for test in tests for c in test.columns[column]]
        distinct = {cell for cell in cells if cell}
        answers = len(distinct & set(gold.labels)) * 2 > len(distinct)
        told = column in read or answers or JUDGED.search(column)
        if not told and 2 <= len(distinct) <= MOST and taken < COLUMNS:
            taken += 1
            yield column, cells


def words(summary: Summary, gold: TestSet) -> dict[str, list[str]] | None:
    """For each label the words that go with its answers, strongest first; None of other tasks.

    What the model itself looks at is not asked.
    """
    if gold.kind != "label" or not 2 <= len(gold.labels) <= LABELS:
        return None
    found = words_of(gold.texts, summary.runs[0].answers.values, gold.labels)
    return found if any(found.values()) else None


def _parts(text: Text) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)
