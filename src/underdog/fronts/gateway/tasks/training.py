"""Fitting in a process of its own, with low priority, or on the Ray cluster that is named.

    python -m underdog.fronts.gateway.tasks.training < request > result

The request is JSON (labels, texts, values, weights, the recipe and a seed) and sentence vectors of
the fit before. The result is two packed objects, the held-out answers, from which thresholds are
set, and the fitted model, which also knows how like a text is to those that it learned from; and
the sentence vectors for the next fit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import OrderedDict, deque
from typing import Any

from ....core.data import Dataset, Task
from ....core.errors import UnderdogError
from ....core.protocols import Model
from ....runtime.persist import packed, unpacked
from ....runtime.registry import build
from ....runtime.workers import cluster
from ....teach.deferral.thresholds import WEIGHT, HeldOutAnswers
from ....teach.online.refit import trained
from .likeness import Gated, likeness

NICE = 10
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
TIMEOUT = 3600.0


MOST_BYTES = 64 << 20
"""Memory for the sentence vectors of all tasks."""

Fitted = tuple[HeldOutAnswers, Model]


class Carried:
    """Sentence vectors that a fit leaves to the next one of its task, in memory alone."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, bytes] = OrderedDict()

    def get(self, task: str) -> bytes:
        """What the last fit of a task left; empty if nothing."""
        return self._tasks.get(task, b"")

    def put(self, task: str, vectors: bytes) -> None:
        """Keep what a fit left; the tasks that were fitted longest ago go if it is too much."""
        self._tasks.pop(task, None)
        if vectors:
            self._tasks[task] = vectors
        while sum(map(len, self._tasks.values())) > MOST_BYTES:
            self._tasks.popitem(last=False)


def fit_apart(data: Dataset, spec: str, seed: int, carried: Carried, task: str) -> Fitted:
    """Fit the recipe ``spec`` on ``data`` on the cluster of UNDERDOG_RAY, or in another process.

    What is ``carried`` over for the ``task`` need not be computed again in another process. Raises
    `UnderdogError` where the fit fails, or takes more than an hour.
    """
    if cluster.named():
        queue = deque([(0, data)])
        for _, made in cluster.spread(fit_there, (spec, seed), queue):
            if made.value is None:
                raise UnderdogError(f"{spec} could not be fitted: {made.problem}", made.hint)
            return made.value
    # also where the cluster was lost meanwhile
    record, student, vectors = _fit_in_process(data, spec, seed, carried.get(task))
    carried.put(task, vectors)
    return record, student


def fit_there(recipe: tuple[str, int], data: Dataset) -> Fitted:
    """What a machine of the cluster does: fit the ``recipe``, a spec and a seed, on ``data``."""
    return fitted(data, *recipe)


def _fit_in_process(
    data: Dataset, spec: str, seed: int, vectors: bytes
) -> tuple[HeldOutAnswers, Model, bytes]:
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
            input=_joined(json.dumps(request).encode(), vectors),
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
    record, student, left = _parted(done.stdout)
    return unpacked(record), unpacked(student), left


def fitted(data: Dataset, spec: str, seed: int) -> Fitted:
    """Fit the recipe ``spec`` here: its held-out answers, and the model with its training texts."""
    record, student = trained(build(spec), data, seed)
    return record, Gated(student, likeness(student, data.texts))


def main() -> None:
    """Fit what standard input asks for."""
    os.nice(NICE)
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not mix with the result
    asked, vectors = _parted(sys.stdin.buffer.read())
    request: dict[str, Any] = json.loads(asked)
    if vectors:
        from ....models.transformers.vectors import received

        received.read(vectors)
    weights = {WEIGHT: tuple(request["weights"])}
    data = Dataset(
        Task("task", tuple(request["labels"])),
        tuple(request["texts"]),
        tuple(request["values"]),
        columns=weights,
    )
    record, student = fitted(data, request["spec"], request["seed"])
    module = sys.modules.get("underdog.models.transformers.vectors")
    left = module.kept.packed() if module else b""
    with os.fdopen(out, "wb") as file:
        file.write(_joined(packed(record), packed(student), left))


def _joined(*parts: bytes) -> bytes:
    """Parts of a message, each after its length."""
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def _parted(whole: bytes) -> list[bytes]:
    """The parts that `_joined` wrote."""
    found, at = [], 0
    while at < len(whole):
        end = at + 8 + int.from_bytes(whole[at : at + 8], "little")
        found.append(whole[at + 8 : end])
        at = end
    return found


if __name__ == "__main__":
    main()
