"""Fitting in a process of its own, with low priority, or on the Ray cluster that is named.

    python -m underdog.fronts.gateway.tasks.training < request > result

The request is JSON (labels, texts, values, weights, the recipe and a seed), the result two packed
objects: the held-out answers, from which thresholds are set, and the fitted model, which also
knows how like a text is to those that it learned from.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from typing import Any

from ....core.data import Dataset, Task
from ....core.errors import UnderdogError
from ....core.protocols import Model
from ....runtime.persist import packed, unpacked
from ....runtime.registry import build
from ....runtime.workers import cluster
from ....teach.deferral.thresholds import WEIGHT, HeldOutAnswers
from ....teach.online.refit import trained
from .likeness import Gated, Likeness

NICE = 10
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
TIMEOUT = 3600.0


Fitted = tuple[HeldOutAnswers, Model]


def fit_apart(data: Dataset, spec: str, seed: int) -> Fitted:
    """Fit the recipe ``spec`` on ``data`` on the cluster of UNDERDOG_RAY, or in another process.

    Raises `UnderdogError` where it fails there, or takes more than an hour.
    """
    if cluster.named():
        queue = deque([(0, data)])
        for _, made in cluster.spread(fit_there, (spec, seed), queue):
            if made.value is None:
                raise UnderdogError(f"{spec} could not be fitted: {made.problem}", made.hint)
            return made.value
    return _fit_in_process(data, spec, seed)  # also where the cluster was lost meanwhile


def fit_there(recipe: tuple[str, int], data: Dataset) -> Fitted:
    """What a machine of the cluster does: fit the ``recipe``, a spec and a seed, on ``data``."""
    return fitted(data, *recipe)


def _fit_in_process(data: Dataset, spec: str, seed: int) -> Fitted:
    request = {
        "labels": data.task.labels,
        "texts": data.texts,
        "values": data.labels,
        "weights": data.columns[WEIGHT],
        "spec": spec,
        "seed": seed,
    }
    command = [sys.executable, "-m", __name__]
    env = {**os.environ, **dict.fromkeys(THREADS, "1")}
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=TIMEOUT,
            env=env,
        )
    except subprocess.TimeoutExpired:
        raise UnderdogError(
            f"{spec} was not fitted within an hour", "--student 'linear()'"
        ) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise UnderdogError(f"{spec} could not be fitted: {said[-1][:300]}", "--student 'linear()'")
    end = 8 + int.from_bytes(done.stdout[:8], "little")
    return unpacked(done.stdout[8:end]), unpacked(done.stdout[end:])


def fitted(data: Dataset, spec: str, seed: int) -> Fitted:
    """Fit the recipe ``spec`` here: its held-out answers, and the model with its training texts."""
    record, student = trained(build(spec), data, seed)
    return record, Gated(student, Likeness.of(data.texts))


def main() -> None:
    """Fit what standard input asks for."""
    os.nice(NICE)
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not mix with the result
    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    weights = {WEIGHT: tuple(request["weights"])}
    data = Dataset(
        Task("task", tuple(request["labels"])),
        tuple(request["texts"]),
        tuple(request["values"]),
        columns=weights,
    )
    record, student = fitted(data, request["spec"], request["seed"])
    first = packed(record)
    with os.fdopen(out, "wb") as file:
        file.write(len(first).to_bytes(8, "little") + first + packed(student))


if __name__ == "__main__":
    main()
