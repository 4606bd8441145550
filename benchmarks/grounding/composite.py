"""The row of decomposition: questions over a database of which most ask for two things."""

from __future__ import annotations

import csv
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.data import root
from benchmarks.grounding.sets import said
from underdog.core.data import Dataset
from underdog.core.graders import Exact
from underdog.runtime.registry import build

Row = tuple[str, str, str, str]

TABLES = {
    "tweets": ("tweet_sentiment_extraction/tweets.csv", "sentiment"),
    "articles": ("ag_news_test/ag_news_test.csv", "label"),
    "requests": ("banking77/banking77.csv", "label"),
    "messages": ("sms_spam/sms_spam.csv", "label"),
    "sentences": ("optllm_overruling/overruling_12llms.csv", "label"),
}
"""Tables of the database: the file that each comes from, and its column of values."""

FIRST, EACH = 2000, 50
"""Rows of each table, and questions of each form."""


def composite() -> Row:
    """Counts, totals and gaps, asked directly and taken apart."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'data.db'}"
        counts = _filled(Path(folder) / "data.db")
        data = _questions(counts)
        train, test = data.split(0.5, 0)
        solver = build(f"retrieved(database({url!r}))")
        model = build(f"decomposed(retrieved(database({url!r})), linear())").fit(train)
        grades, seconds = [], []
        for one in (solver, model):
            answers = one.answer(test.texts)
            grades.append(np.nan_to_num(Exact().grade(test.texts, answers.values, test)))
            seconds.append(answers.total.seconds or 0.0)
    gains = said((grades[1] - grades[0]).tolist())
    reached = f"{grades[0].mean():.3f} -> {grades[1].mean():.3f} of {len(test)}: {gains}"
    reached += f"; {seconds[1] / seconds[0]:.1f} times the seconds"
    return (
        "5 tables, counts, totals, gaps",
        "decomposed: accuracy, cost",
        reached,
        "+10; <= 1.3 times",
    )


def _filled(path: Path) -> dict[tuple[str, str], int]:
    """How often each value stands in each table of the database at ``path``, which is written."""
    counts: dict[tuple[str, str], int] = {}
    with sqlite3.connect(path) as base:
        for table, (file, column) in TABLES.items():
            base.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, kind TEXT)")
            for kind in _values(file, column):
                base.execute(f"INSERT INTO {table} (kind) VALUES (?)", (kind,))
                counts[table, kind] = counts.get((table, kind), 0) + 1
    base.close()
    return counts


def _values(file: str, column: str) -> Iterator[str]:
    with (root() / file).open(encoding="utf-8", newline="") as opened:
        for i, row in enumerate(csv.DictReader(opened)):
            if i >= FIRST:
                return
            yield row[column].replace("_", " ").strip("?")


def _questions(counts: Mapping[tuple[str, str], int]) -> Dataset:
    draw = random.Random(0)
    known = sorted(counts)
    texts, labels = [], []
    for _ in range(EACH):
        (t1, k1), (t2, k2) = draw.sample(known, 2)
        one, other = counts[t1, k1], counts[t2, k2]
        texts += [
            f"How many {t1} are {k1}?",
            f"How many {t1} are {k1} and {t2} are {k2} in all?",
            f"What is the gap between the number of {t1} that are {k1} and the number of {t2} that"
            f" are {k2}?",
        ]
        labels += [str(one), str(one + other), str(abs(one - other))]
    return Dataset.of(texts, labels, "composite", kind="number")


ROWS: Mapping[str, Callable[[], Row]] = {"composite": composite}
