"""The three tasks, the third in two ways: as a task of several labels, and as it is often run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from examples.trial import Question
from underdog.core.cost import Floats
from underdog.core.data import Dataset
from underdog.data.read import read

HELD_OUT = 0.2


def sentiment(folder: Path) -> Question:
    """Tweets: negative, neutral or positive."""
    path = folder / "tweet_sentiment_extraction" / "tweets.csv"
    table = read(path, text=("text",), label="sentiment", split="split")
    assert table.train is not None
    assert table.test is not None
    about = "the parts of the file; training tweets that are also in the test part are left out"
    return Question.of("sentiment", about, table.train, table.test)


def stars(folder: Path) -> Question:
    """Reviews of restaurants and shops: one star to five."""
    data = read(folder / "yelp10k" / "yelp_10k_5star.csv.xz", text=("text",), label="stars").data
    about = "a fifth held out, drawn by text: the same rows for everybody, every time"
    return Question.of("stars", about, *data.split(HELD_OUT))


def medical(folder: Path) -> Question:
    """Medical notes and their specialties, each note once, with all of its specialties."""
    data = _notes(folder)
    first = {text: i for i, text in reversed([*enumerate(data.texts)])}
    rows = sorted(first.values())
    about = "a fifth of the notes held out; any specialty that a note has is right"
    return Question.of("medical", about, *data.take(rows).split(HELD_OUT))


def by_row(folder: Path) -> Question:
    """The same notes cut by row, so that a note is often in both parts: for comparison only."""
    data = _notes(folder)
    order = np.random.default_rng(0).permutation(len(data))
    held = round(HELD_OUT * len(data))
    alone = replace(data, soft=None)  # who cuts by row sees one specialty in each row
    about = "a fifth of the rows held out, whether or not their note is also in training"
    return Question.of("medical by row", about, alone.take(order[held:]), data.take(order[:held]))


def _notes(folder: Path) -> Dataset:
    """A row for each note and specialty; soft labels say which others the same note has."""
    path = folder / "mtsamples" / "mtsamples.csv.xz"
    data = read(path, text=("transcription",), label="medical_specialty", split="").data
    return replace(data, soft=several(data))


def several(data: Dataset) -> Floats:
    """All labels that occur with each text, alike: ``[examples, labels]``."""
    labels: dict[str, set[int]] = {}
    for text, k in zip(data.clusters, data.targets.tolist(), strict=True):
        labels.setdefault(text, set()).add(k)
    soft = np.zeros((len(data), len(data.task.labels)))
    for i, text in enumerate(data.clusters):
        soft[i, [*labels[text]]] = 1 / len(labels[text])
    return soft
