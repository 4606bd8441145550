"""What it costs in accuracy that a model can be read: `glassbox()` beside `linear()`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from benchmarks.strong.settings import Settings, kept
from benchmarks.strong.tasks import field, names
from underdog.evaluate.stats import paired
from underdog.models.glassbox import Glassbox
from underdog.models.linear.recipe import Linear

RECIPES = {"linear": Linear(), "glassbox": Glassbox()}
ALLOWED = 5.0
"""Points of accuracy that it may lose on most tasks."""


def glassbox(said: Settings) -> Iterator[list[str]]:
    """The accuracy of both on each task, the difference with its interval, and how many hold."""
    lost = []
    for name in said.only or names():
        found = kept(f"glassbox-{name}", said, tuple(RECIPES), partial(_right, name, said))
        one, other = (np.array(found[key]) for key in RECIPES)
        found_gap = paired(other, one)
        low, high = 100 * found_gap.low, 100 * found_gap.high
        lost.append(100 * (one.mean() - other.mean()))
        told = f"{100 * other.mean():.1f} against {100 * one.mean():.1f}: {-lost[-1]:+.1f}"
        yield [f"glassbox, {name}", "points against linear()", "printed",
               f"{told} [{low:+.1f}, {high:+.1f}]"]  # fmt: skip
    held = sum(points <= ALLOWED for points in lost)
    yield ["glassbox", "tasks that lose 5 points or fewer", "4 of 6", f"{held} of {len(lost)}"]


def _right(name: str, said: Settings, keys: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    parts = field(name, said.texts, said.tests)
    for key in keys:
        answers = RECIPES[key].fit(parts.many).answer(parts.test.texts)
        right = answers.indices(parts.test.task.labels) == parts.test.targets
        yield key, right.astype(float).tolist()
