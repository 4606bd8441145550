"""hate_speech18 as a stream: how many calls a promise of 95 % agreement needs.

The small model sees GPT-3.5's answers alone. Rows come in orders drawn by a seed, and all of them
count, those of the warm-up too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.decisions import rivals, sets
from benchmarks.decisions.coverage import LIMIT
from underdog.core.data import Dataset
from underdog.models.recorded import Recorded
from underdog.models.transformers.frozen import Frozen
from underdog.teach.online.recipe import Online, OnlineCascade

NAME, ORDERS, DELTA = "hate_speech18", (0, 1, 2), 0.05
PROMISE = "a stream, 95 % agreement guaranteed"


@dataclass(frozen=True)
class Ran:
    """The share of texts that the large model answered, and how many answers were its own."""

    calls: float
    agreed: float
    bound: float = float("nan")


def ordered(seed: int) -> Dataset:
    """All rows in an order drawn by ``seed``; equal texts have the answer of the first."""
    data = sets.whole(NAME)
    data = data.take(np.random.default_rng(seed).permutation(len(data)))
    first: dict[object, str] = {}
    said = [
        first.setdefault(t, a) for t, a in zip(data.texts, data.columns["teacher"], strict=True)
    ]
    return sets.taught(data, said)


def ours(seed: int) -> Ran:
    """`online(frozen())` on one order."""
    data = ordered(seed)
    model = Online(Frozen(), Recorded("teacher"), risk=LIMIT, delta=DELTA).fit(data.take([]), seed)
    assert isinstance(model, OnlineCascade)
    answers = model.answer(data.texts)
    asked = np.array(["teacher" in path for path in answers.paths])
    agreed = np.array(answers.values) == np.array(data.columns["teacher"])
    return Ran(float(asked.mean()), float(agreed.mean()), model.summary.share)


def online() -> list[str]:
    """Calls, agreement, and the bound that was proven, over the orders."""
    with sets.embedded(NAME):
        runs = [ours(seed) for seed in ORDERS]
    calls, agreed, bound = np.array([(r.calls, r.agreed, r.bound) for r in runs]).T
    reached = (
        f"{100 * calls.mean():.1f} % of calls at {100 * agreed.mean():.1f} %"
        f" (the orders: {', '.join(f'{100 * c:.1f}' for c in calls)});"
        f" proven to differ at most {100 * bound.max():.1f} %"
    )
    return [NAME, f"{PROMISE}: online(frozen())", "≤ 45 % of calls at ≥ 95 %", reached]


def jevstiller() -> list[str]:
    """Jevstiller with its defaults on one order, with the same vectors."""
    what = f"{PROMISE}: Jevstiller 0.5.3, one order"
    if rivals.python() is None:
        return [NAME, what, "", "skipped: cannot be installed here"]
    data = ordered(ORDERS[0])
    ran = rivals.run("stream", NAME, sets.Split(data.take([]), data, ORDERS[0]), DELTA)
    said = np.array(data.columns["teacher"])
    own = np.array([one is not None for one in ran.said])
    same = np.array([one is None or one == y for one, y in zip(ran.said, said, strict=True)])
    calls = f"{100 * (~own).mean():.1f} % of calls at {100 * same.mean():.1f} %"
    return [NAME, what, "", f"{calls}; {ran.seconds:.0f} CPU s"]


ROWS: dict[str, Callable[[], Sequence[object]]] = {
    "stream": online,
    "stream_jevstiller": jevstiller,
}
