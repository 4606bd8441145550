"""Performance gap recovered on six tasks: a weak teacher of 500 labels, and a strong student."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial

import numpy as np

from benchmarks.strong.settings import Settings, kept
from benchmarks.strong.tasks import embedded, field, names
from underdog.core.protocols import Model
from underdog.evaluate.recovered import gap
from underdog.models.linear.recipe import Linear
from underdog.runtime.registry import build
from underdog.teach.weak_to_strong.recipe import LOSSES, WeakToStrong

NAIVE, BETTER = 0.40, 0.10
RESAMPLES = 2_000


def gaps(said: Settings) -> Iterator[list[str]]:
    """A line for each task and loss; then the medians, with an interval over tasks."""
    losses = [loss for loss in LOSSES if loss in said.losses]
    shares: dict[str, list[float]] = {loss: [] for loss in losses}
    for name in said.only or names():
        keys = ("weak", "ceiling", *losses)
        grades = kept(f"gap-{name}", said, keys, partial(_grades, name, said))
        for loss in losses:
            found = gap(*(np.array(grades[key]) for key in ("weak", loss, "ceiling")))
            if found.share is not None:
                shares[loss].append(found.share)
            yield [f"{name}, {said.strong}, {loss}", "gap recovered", "", found.sentence()]
    counted = f"{len(shares['naive'])} tasks, {said.texts:,} texts, {said.strong}"
    yield [f"naive, {counted}", "median PGR", f"≥ {NAIVE:.2f}", _median(shares["naive"])]
    for loss in losses[1:]:
        more = list(np.subtract(shares[loss], shares["naive"]))
        yield [f"{loss}, {counted}", "median PGR over naive", f"≥ +{BETTER:.2f}", _median(more)]


def _median(values: list[float]) -> str:
    """The median, and its 95 % interval by resampling tasks."""
    if not values:
        return "withheld everywhere"
    draw = np.random.default_rng(0).choice(values, (RESAMPLES, len(values)))
    low, high = np.quantile(np.median(draw, axis=1), [0.025, 0.975])
    return f"{np.median(values):+.2f} [{low:+.2f}, {high:+.2f}]"


def _grades(name: str, said: Settings, keys: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    """Whether each model is right about each test text: the weak one, the ceiling, a student."""
    parts = field(name, said.texts, said.tests)
    strong = build(said.strong)
    looked_up = embedded(parts) if "frozen" in said.strong else nullcontext()
    with looked_up:
        weak = Linear().fit(parts.few)
        unlabelled = parts.many.relabelled([None] * len(parts.many))
        for key in keys:
            if key == "weak":
                model: Model = weak
            elif key == "ceiling":
                model = strong.fit(parts.many)
            else:
                model = WeakToStrong(strong, weak, key).fit(unlabelled)
            right = model.answer(parts.test.texts).indices(parts.test.task.labels)
            yield key, (right == parts.test.targets).astype(float).tolist()
