"""How many texts a small model may answer itself: the share, agreement there, and promises kept.

A limit of 5 % at delta = .1. "Local" bounds disagreement among the small model's own answers
(``risk``), "all" bounds it over all requests (``total``). Half of the rows fit and certify, the
other half tests; five splits, but for Banking77, which has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import astuple, dataclass, replace
from functools import partial
from importlib import import_module
from time import process_time

import numpy as np

from benchmarks.decisions.sets import Once, Split, embedded, forget, halves, kept
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.protocols import Learner
from underdog.models.linear.recipe import Linear
from underdog.models.recorded import Recorded
from underdog.models.transformers.frozen import Frozen
from underdog.teach.deferral.frugal import Frugal, FrugalModel

LIMIT, DELTA = 0.05, 0.1

POOL = "[linear(), frozen()]"
STUDENTS: dict[str, tuple[Learner, ...]] = {
    POOL: (Once(Linear()), Once(Frozen())),
    "linear()": (Once(Linear()),),
    "frozen()": (Once(Frozen()),),
}

ASKED = {
    "OVERRULING": ("≥ .95", "≥ .95"),
    "HEADLINES": ("≥ .84", "≥ .87"),
    "hate_speech18": ("≥ .64", "≥ .72"),
    "Banking77": ("≥ .93", "≥ .94"),
}
"""The shares that are asked for, under a local limit and under one over all requests."""

KINDS = {"risk": "local", "total": "all"}


@dataclass(frozen=True)
class Found:
    """What one model did on test rows: the share it answered, its agreement with the large model
    there, the accuracy of the whole against gold, and whether it was over its limit."""

    share: float
    agreed: float
    right: float
    over: bool


def coverage(name: str, student: str) -> list[list[str]]:
    """The lines of one set: a student under each of the two limits."""
    found: dict[str, list[Found]] = {}
    with embedded(name) if student != "linear()" else nullcontext():  # it reads words alone
        for split in halves(name):
            what = f"coverage {name} {student} {split.seed} {LIMIT} {DELTA}"
            for kind, *values in kept(what, lambda s=split: _scored(student, s)):
                found.setdefault(kind, []).append(Found(*values))
    lines = []
    for (kind, runs), asked in zip(found.items(), ASKED[name], strict=True):
        shown = asked if student == POOL else ""
        lines.append([name, f"{KINDS[kind]}: frugal({student}), 5 %, δ .1", shown, told(runs)])
    return lines


def _scored(student: str, split: Split) -> list[tuple[object, ...]]:
    """A student under each limit on one split, as plain data."""
    forget()
    recipe = plain(STUDENTS[student])
    return [
        (kind, *astuple(score(replace(recipe, **{kind: LIMIT}), split)))  # type: ignore[arg-type]
        for kind in KINDS
    ]


def banking_2() -> list[list[str]]:
    """Banking77 under a limit of 2 % at delta = .05."""
    lines = []
    with embedded("Banking77"):
        split = next(iter(halves("Banking77")))
        forget()
        for kind, asked in (("risk", "≥ .80"), ("total", "≥ .85")):
            recipe = replace(plain(STUDENTS[POOL]), **{kind: 0.02}, delta=0.05)
            reached = told([score(recipe, split, 0.02)])
            lines.append(["Banking77", f"{KINDS[kind]}: the same, 2 %, δ .05", asked, reached])
    return lines


def banking_seconds() -> list[str]:
    """The CPU time of `frugal(frozen(), ...)` on Banking77 when the embeddings are there."""
    with embedded("Banking77"):
        split = next(iter(halves("Banking77")))
        import_module("sklearn.linear_model")  # the time of fitting is not the time of importing
        import_module("scipy.stats")
        start = process_time()
        replace(plain((Frozen(),)), risk=LIMIT).fit(split.ours, split.seed)
        seconds = process_time() - start
    what = "fit of frugal(frozen()) without embedding, CPU seconds"
    return ["Banking77", what, "≤ 10", f"{seconds:.1f}"]


def plain(recipes: Sequence[Learner]) -> Frugal:
    """`frugal` with these students before the recorded large model, without a limit yet."""
    return Frugal(tuple(recipes), Recorded("teacher"), delta=DELTA, against="large")


def score(recipe: Frugal, split: Split, limit: float = LIMIT) -> Found:
    """What ``recipe`` does on a split; nothing is answered where it refuses."""
    try:
        model = recipe.fit(split.ours, split.seed)
    except UnderdogError:
        return judged(split.test, np.full(len(split.test), -1), limit, total=False)
    assert isinstance(model, FrugalModel)
    seen = model.paired_answers(split.test)
    said = np.where(seen.confidence >= model.certificate.threshold, seen.small, -1)
    return judged(split.test, said, limit, total=recipe.total is not None)


def judged(test: Dataset, said: np.ndarray, limit: float, total: bool) -> Found:
    """``said`` are labels as indices, ``[rows]``, -1 where the large model answers."""
    places = {label: k for k, label in enumerate(test.task.labels)}
    large = np.array([places.get(str(a), -2) for a in test.columns["teacher"]])
    local = said >= 0
    differs = local & (said != large)
    rate = differs.sum() / (len(test) if total else max(1, local.sum()))
    agreed = float(1 - differs.sum() / local.sum()) if local.any() else float("nan")
    right = float((np.where(local, said, large) == test.targets).mean())
    return Found(float(local.mean()), agreed, right, bool(rate > limit))


def told(runs: Sequence[Found]) -> str:
    """Share, agreement on it, the whole against gold, and how many test parts were over."""
    share, agreed, right = np.array([(r.share, r.agreed, r.right) for r in runs]).T
    over = sum(r.over for r in runs)
    kept = float(np.nanmean(agreed)) if not np.isnan(agreed).all() else float("nan")
    return (
        f"{share.mean():.3f}; agrees {100 * kept:.1f} %; whole {100 * right.mean():.1f} %;"
        f" over {over} of {len(runs)}"
    )


ROWS: dict[str, Callable[[], Sequence[object]]] = {
    **{
        f"{which}{name.lower()}": partial(coverage, name, student)
        for name in ASKED
        for which, student in (("", POOL), ("linear_", "linear()"), ("frozen_", "frozen()"))
    },
    "banking_2": banking_2,
    "banking_seconds": banking_seconds,
}
