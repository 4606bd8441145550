"""How long a contestant will take, estimated from fits on a few examples."""

from __future__ import annotations

import warnings
from contextlib import suppress
from time import perf_counter

import numpy as np

from ...core.data import Dataset
from ...core.protocols import CountsSamples, Learner, Model, fitted, samples_seen
from ...runtime.progress import step
from ...runtime.registry import spec
from .run import CALLS, TIMED_SECONDS, TIMED_TEXTS, Pairs

FIRST, GROWTH = 16, 8
"""Examples in the first trial fit, and by which factor there are more in each further one."""

AFFORDED = 0.2
"""The share of the time left that another trial fit may take."""


def estimated(contestant: Learner | Model, pairs: Pairs, left: float) -> float:
    """Seconds that `run` will take with ``contestant``, extrapolated by `samples_seen`.

    It is fitted on more and more examples, until ``left`` seconds are surely enough or another
    trial fit would take too much of them. Fixed costs make the estimate err on the long side; the
    first trial fit, which also loads libraries, never decides alone: a slow one is repeated. A
    contestant that cannot learn from so few examples counts as 0 s. A model that calls a service is
    asked `FIRST` texts at most.
    """
    needed, rows, first = 0.0, FIRST, True
    with step(f"estimating the time of {spec(contestant)}") as advance:
        while first or rows < len(pairs[0][0]):
            start, dear = perf_counter(), False
            with suppress(Exception):  # so few may be too few; the run itself will say so
                part = _part(pairs[0][0], rows)
                needed, calls = _once(contestant, pairs, part)
                more = min(GROWTH, _labels_to_come(pairs[0][0], part))
                dear = (perf_counter() - start) * GROWTH * more > AFFORDED * left
                if calls or needed <= left or (dear and not first):
                    break
            advance(1)
            rows *= 1 if dear else GROWTH
            first = False
    return needed


def _part(train: Dataset, rows: int) -> Dataset:
    """About ``rows`` examples: of every label, unless there are too many labels for that."""
    if 2 * len(set(train.labels)) > rows:
        return train.take(range(0, len(train), max(1, len(train) // rows)))
    return train.sample(min(1.0, rows / len(train)))


def _labels_to_come(train: Dataset, part: Dataset) -> float:
    """How many times as many labels ``train`` has as ``part``: some recipes train one by one."""
    if train.task.kind != "label":
        return 1.0
    return len(set(train.labels)) / max(1, len(set(part.labels)))


def _once(contestant: Learner | Model, pairs: Pairs, part: Dataset) -> tuple[float, bool]:
    """Seconds for all texts, from a fit on ``part``; and whether a service was called."""
    train, test = pairs[0]
    learned, asked = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    texts = test.texts[: len(part)]
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are repeated by the run itself
        model = fitted(contestant, part)
        between = perf_counter()
        answers = model.answer(texts)
    each = (perf_counter() - between) / len(texts)
    timed = min(TIMED_SECONDS, each * TIMED_TEXTS)
    grown = samples_seen(contestant, train) / samples_seen(contestant, part)
    if not isinstance(contestant, CountsSamples):
        grown *= _labels_to_come(train, part)
    needed = (between - start) * grown * learned / len(train) + each * asked + timed
    return needed, bool(np.nansum(answers.costs[:, CALLS]))
