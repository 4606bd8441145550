"""The data sets of the table, each with the parts that its makers gave it."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from time import perf_counter

from benchmarks.data import root
from underdog.core.data import Dataset
from underdog.core.protocols import Learner
from underdog.evaluate.metrics import scores

Parts = tuple[Dataset, Dataset]
"""What to learn from, and what to be judged by."""


@cache
def split(name: str, label: str = "label") -> Parts:
    """A file ``name`` with the columns text, ``label`` and split."""
    rows = _rows(root() / name)
    train, test = (
        Dataset.of(
            [row["text"] for row in rows if row["split"] == side],
            [row[label] for row in rows if row["split"] == side],
            Path(name).stem,
        )
        for side in ("train", "test")
    )
    return train, test


def tweets() -> Parts:
    """Tweets: negative, neutral or positive."""
    return split("tweet_sentiment_extraction/tweets.csv", "sentiment")


def banking() -> Parts:
    """Questions to a bank, of 77 kinds."""
    return split("banking77/banking77.csv")


@cache
def news() -> Parts:
    """Headlines of four kinds; a fifth, which we drew, is the test part."""
    rows = _rows(root() / "ag_news_test" / "ag_news_test.csv")
    whole = Dataset.of([row["text"] for row in rows], [row["label"] for row in rows], "news")
    return whole.split(0.2)


def raced(recipe: Learner, parts: Parts, seed: int) -> dict[str, float]:
    """The scores on the test part, the seconds of training, and answers per second.

    What a model does only once, such as building its tokenizer, is done before the clock starts.
    """
    train, test = parts
    start = perf_counter()
    model = recipe.fit(train, seed)
    fit = perf_counter() - start
    model.answer(train.texts[:1])
    start = perf_counter()
    answers = model.answer(test.texts)
    seconds = perf_counter() - start
    gold = [str(label) for label in test.labels]
    found = scores(answers, gold, train.task.labels)
    numbers = {name: value for name, value in found.items() if value is not None}
    return {**numbers, "fit": fit, "texts/s": len(test) / seconds}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
