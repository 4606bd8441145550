"""How contestants do on parts of the test texts, and which words go with each answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..evaluate import stats
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
    column with few values. Each mean has a 95 % interval, and so has each difference from the
    incumbent; they are not corrected for the number of parts. ``read`` are columns that hold
    answers, which are no property of a text.
    """
    right = {s.spec: correctness(s.runs, gold) for s in found}
    large = next((s.spec for s in found if s.versus is None), "")
    clusters = np.array(gold.clusters, dtype=object)
    kept = []
    for name, values in _properties(gold, tests, read):
        counts = Counter(value for value in values if value)
        shown = [value for value, n in counts.items() if n >= FEWEST]
        if len(shown) < 2:
            continue
        column = np.array(values, dtype=object)
        for value in _ordered(name, shown):
            rows = column == value
            part = {spec: graded[rows] for spec, graded in right.items()}
            kept.append({"by": name, "value": value, **_measured(part, large, clusters[rows])})
    return kept


def _measured(right: Mapping[str, Floats], large: str, clusters: Sequence[str]) -> dict[str, Any]:
    """Means of ``right`` over the texts of a part, ``[texts]`` for each model, with intervals."""
    distinct = len(set(clusters))
    accuracy = {spec: float(graded.mean()) for spec, graded in right.items()}
    intervals = {spec: stats.wilson(mean * distinct, distinct) for spec, mean in accuracy.items()}
    differences = {}
    for spec, graded in right.items():
        if large in right and spec != large:
            pair = stats.paired(graded, right[large], clusters=clusters)
            differences[spec] = {k: getattr(pair, k) for k in ("difference", "low", "high")}
    texts = len(clusters)
    return {
        "texts": texts,
        "accuracy": accuracy,
        "intervals": intervals,
        "differences": differences,
    }


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
