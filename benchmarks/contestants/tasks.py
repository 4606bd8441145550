"""The data sets of the table, with their published splits where they have one."""

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
"""The training part and the test part."""


@cache
def split(name: str, label: str = "label") -> Parts:
    """The data set in the file ``name`` with columns text, ``label`` and split."""
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
    """Questions to a bank, in 77 classes."""
    return split("banking77/banking77.csv")


@cache
def news() -> Parts:
    """Headlines in four classes; a fifth of them, drawn by us, is the test part."""
    rows = _rows(root() / "ag_news_test" / "ag_news_test.csv")
    whole = Dataset.of([row["text"] for row in rows], [row["label"] for row in rows], "news")
    return whole.split(0.2)


def raced(recipe: Learner, parts: Parts, seed: int) -> dict[str, float]:
    """The scores on the test part, the training time in seconds, and answers per second.

    One answer before the clock starts excludes work that a model does only once, such as building
    its tokenizer.
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
    values = scores(answers, gold, train.task.labels)
    numbers = {name: value for name, value in values.items() if value is not None}
    return {**numbers, "fit": fit, "texts/s": len(test) / seconds}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
