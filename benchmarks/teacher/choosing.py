"""Which texts a teacher is asked about: labels needed to reach what random ones reach."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.arms import arm
from benchmarks.teacher.banking import HEAD, accuracy, embedded, few, parts
from underdog.runtime.formatting import percent
from underdog.teach.distil.choosing import choice

FIRST, LAST, ROUNDS = 8, 64, 8


def active(seeds: int) -> Iterator[list[str]]:
    """Banking77, from 8 labels a class on: uncertain ones, diverse ones, and random ones."""
    with embedded():
        curves = {
            how: np.mean(
                [
                    arm(f"active {how} seed={seed}", partial(_curve, how, seed))
                    for seed in range(seeds)
                ],
                axis=0,
            )
            for how in ("random", "uncertain")
        }
    sizes = curves["random"][:, 0]
    final = float(curves["random"][-1, 1])
    reached = np.interp(final, np.maximum.accumulate(curves["uncertain"][:, 1]), sizes)
    on = f"banking77, {FIRST} → {LAST} labels a class, {seeds} seeds"
    told = ", ".join(
        f"{int(n):,}: {percent(r)} / {percent(u)}"
        for (n, r), (_, u) in zip(curves["random"], curves["uncertain"], strict=True)
    )
    share = f"{percent(float(reached / sizes[-1]), 0)} of {int(sizes[-1]):,}"
    yield [on, "labels to reach random's last accuracy", "≤ 60 %", share]
    yield [on, "labels: accuracy of random / uncertain", "", told]


def _curve(how: str, seed: int) -> np.ndarray:
    """Labels and accuracy, ``[rounds + 1, 2]``, of a student whose texts are chosen ``how``."""
    train, test = parts()
    most = LAST * len(train.task.labels)
    asked = np.array(few(train, FIRST, seed))
    points, student = [], None
    steps = np.linspace(len(asked), most, ROUNDS + 1).round().astype(int)
    for n in steps.tolist():
        if n > len(asked):
            left = np.setdiff1d(np.arange(len(train)), asked)
            rows = choice(how)(train.texts, asked, left, n - len(asked), student, seed)
            asked = np.append(asked, rows)
        student = HEAD.fit(train.take(asked), seed)
        points.append((n, accuracy(student, test)))
    return np.array(points)
