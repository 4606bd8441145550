"""Handwritten digits: weak-to-strong on a matrix of features, read as the columns of a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.strong.settings import Settings, kept
from underdog.core.data import Dataset
from underdog.core.protocols import Model
from underdog.data.read import read
from underdog.evaluate.recovered import gap
from underdog.models.boosted import Boosted
from underdog.teach.weak_to_strong.recipe import LOSSES, WeakToStrong

LABELLED, TESTED = 200, 597
HALF = tuple(f"pixel{i}" for i in range(32))
"""The upper half of each image: all that the weak teacher sees."""


def digits(said: Settings) -> Iterator[list[str]]:
    """A line for each loss."""
    losses = [loss for loss in LOSSES if loss in said.losses]
    grades = kept("digits", said, ("weak", "ceiling", *losses), partial(_grades, said.texts))
    for loss in losses:
        found = gap(*(np.array(grades[key]) for key in ("weak", loss, "ceiling")))
        on = f"digits, boosted() taught by its upper half, {loss}"
        yield [on, "gap recovered", "", found.sentence()]


def _grades(texts: int, keys: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    """Whether each model is right about each test image."""
    data = _images()
    few, test = data.take(range(LABELLED)), data.take(range(LABELLED, LABELLED + TESTED))
    first = LABELLED + TESTED
    many = data.take(range(first, min(len(data), first + texts)))
    weak, strong = Boosted(HALF).fit(few), Boosted()
    unlabelled = many.relabelled([None] * len(many))
    for key in keys:
        if key == "weak":
            model: Model = weak
        elif key == "ceiling":
            model = strong.fit(many)
        else:
            model = WeakToStrong(strong, weak, key).fit(unlabelled)
        right = model.answer(test.texts).indices(test.task.labels) == test.targets
        yield key, right.astype(float).tolist()


def _images() -> Dataset:
    """The images in the order of a draw, as rows of a table with a column for each pixel."""
    from sklearn.datasets import load_digits

    images, truth = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "digits.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["text", *[f"pixel{i}" for i in range(64)], "label"])
            for i in order.tolist():
                writer.writerow([f"image {i}", *images[i].astype(int), f"digit {truth[i]}"])
        return read(path, text=("text",), label="label", split="").data
