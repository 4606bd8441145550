"""Performance gap recovered on six tasks: a weak teacher of 500 labels, and a strong student."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.strong.settings import Settings, finished, kept
from benchmarks.strong.tasks import embedded, field, names
from underdog.core.cost import Floats
from underdog.core.protocols import Model
from underdog.evaluate.recovered import gap
from underdog.models.linear.recipe import Linear
from underdog.runtime.registry import build
from underdog.teach.weak_to_strong.recipe import LOSSES, WeakToStrong

Grades = dict[str, Any]
Shares = list[dict[str, float | None]]

NAIVE, BETTER = 0.40, 0.10
RESAMPLES = 2_000

FROZEN, TUNED = "frozen()", "encoder('minilm', epochs=2)"
TUNED_TASKS = ("sst2", "mr", "tweets", "davidson", "nli")
"""Without Banking77, whose 77 labels take an encoder many more passes."""


def gaps(said: Settings) -> Iterator[list[str]]:
    """A line for each task and loss; then the medians, with an interval over tasks."""
    said = replace(said, strong=said.strong or FROZEN)
    shares: Shares = []
    for name in said.only or names():
        grades = kept(f"gap-{name}", said, _keys(said), partial(_grades, name, said))
        yield from _lines(name, said, grades, shares)
    yield from _medians(said, shares)


def tuned(name: str, said: Settings) -> Iterator[list[str]]:
    """The same of a fine-tuned encoder on one task: fewer texts, and the losses of few fits."""
    said = _tuned(said)
    grades = kept(f"gap-{name}", said, _keys(said), partial(_grades, name, said))
    yield from _lines(name, said, grades, [])


def tuned_medians(said: Settings) -> Iterator[list[str]]:
    """The medians of the tasks that `tuned` has finished."""
    said, shares = _tuned(said), list[dict[str, float | None]]()
    for name in TUNED_TASKS:
        if grades := finished(f"gap-{name}", said, _keys(said)):
            [*_lines(name, said, grades, shares)]
    yield from _medians(said, shares)


def _tuned(said: Settings) -> Settings:
    return replace(
        said,
        strong=said.strong or TUNED,
        texts=min(said.texts, 2_000),
        tests=min(said.tests, 1_000),
        losses=tuple([loss for loss in said.losses if loss in ("naive", "surest")]),
    )


def _keys(said: Settings) -> tuple[str, ...]:
    return ("weak", "ceiling", *[loss for loss in LOSSES if loss in said.losses])


def _lines(name: str, said: Settings, grades: Grades, shares: Shares) -> Iterator[list[str]]:
    """A line for each loss; their shares are added to ``shares``, None where one is withheld."""
    found = {
        loss: gap(*(np.array(grades[key]) for key in ("weak", loss, "ceiling")))
        for loss in _keys(said)[2:]
    }
    shares.append({loss: one.share for loss, one in found.items()})
    for loss, one in found.items():
        on = f"{name}, {said.strong}, {said.texts:,} texts, {loss}"
        yield [on, "gap recovered", "", one.sentence()]


def _medians(said: Settings, shares: Shares) -> Iterator[list[str]]:
    told = [one for one in shares if one["naive"] is not None]
    counted = f"{len(told)} of {len(shares)} tasks, {said.texts:,} texts, {said.strong}"
    naive = np.array([one["naive"] for one in told], np.float64)
    yield [f"naive, {counted}", "median PGR", f"≥ {NAIVE:.2f}", _median(naive)]
    for loss in _keys(said)[3:]:
        more = np.array([one[loss] for one in told], np.float64) - naive
        yield [f"{loss}, {counted}", "median PGR over naive", f"≥ +{BETTER:.2f}", _median(more)]


def _median(values: Floats) -> str:
    """The median, and its 95 % interval by resampling tasks."""
    if not len(values):
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
