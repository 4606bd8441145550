"""Training time of eleven BiLSTMs in parallel compared with one, in one run.

Run as ``python -m benchmarks.contestants.wall`` on an idle machine: three minutes. Four epochs are
too few for early stopping, so every member makes the same number of steps. The data are as many of
the first tweets as keep one member busy for twenty seconds; only time is measured.
"""

from __future__ import annotations

import sys
from os import environ
from tempfile import TemporaryDirectory
from time import perf_counter

import torch

from benchmarks.contestants import tasks
from benchmarks.data import table
from underdog.combine.ensemble import Ensemble, EnsembleOf
from underdog.core.data import Dataset
from underdog.core.protocols import Learner, Model
from underdog.models.bilstm import BiLSTM
from underdog.runtime.workers.parallel import cores

LEARN, WARM = 15_000, 200
RECIPE = BiLSTM(epochs=4)
MEMBERS = 11


def took(recipe: Learner, data: Dataset) -> tuple[Model, float]:
    """The model that ``recipe`` learns from ``data``, and the training time in seconds."""
    start = perf_counter()
    model = recipe.fit(data)
    return model, perf_counter() - start


def main() -> None:
    """Print the table."""
    train, _ = tasks.tweets()
    data = train.take(range(LEARN))
    with TemporaryDirectory() as folder:
        environ["UNDERDOG_TRAINING"] = folder  # do not resume an earlier run
        took(RECIPE, train.take(range(WARM)))  # load torch first
        _, one = took(RECIPE, data)
        model, all_of_them = took(EnsembleOf(RECIPE, MEMBERS), data)
    assert isinstance(model, Ensemble)
    assert len(model.models) == MEMBERS
    rows = [
        ["one alone", f"{one:.1f}", "1.00"],
        [f"{MEMBERS} together", f"{all_of_them:.1f}", f"{all_of_them / one:.2f} (≤ 6.5)"],
    ]
    notes = (
        f"{RECIPE!r} on {LEARN:,} tweets, {cores()} cores; one alone has "
        f"{torch.get_num_threads()} threads, members together one each, but for the first, which "
        "shows whether processes are worth their start, and goes on beside them."
    )
    print(table("Training side by side", ["", "seconds", "× one"], rows, notes))


if __name__ == "__main__":
    sys.exit(main())
