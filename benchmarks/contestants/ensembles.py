"""BiLSTMs, alone and together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.contestants import tasks
from benchmarks.contestants.cell import Cell
from underdog.combine.ensemble import EnsembleOf
from underdog.models.bilstm import BiLSTM

SEEDS = range(3)


def cells() -> Iterator[Cell]:
    """NLI over frozen MiniLM vectors, tweets over vectors of their own."""
    reader = BiLSTM(embeddings="minilm", cross=True)
    for recipe, target in (
        (reader, {}),
        (EnsembleOf(reader, n=11), {"accuracy": "≥ single + .02, ≥ .70"}),
    ):
        for seed in SEEDS:
            yield Cell("NLI", repr(recipe), seed, partial(_nli, recipe, seed), target)
    for recipe, target in (
        (BiLSTM(), {}),
        (EnsembleOf(BiLSTM(), n=5), {"calibration_error": "≤ .03", "log_loss": "≤ .95 single"}),
    ):
        for seed in SEEDS:
            yield Cell("tweets", repr(recipe), seed, partial(_tweets, recipe, seed), target)


def _nli(recipe: BiLSTM | EnsembleOf, seed: int) -> dict[str, float]:
    return tasks.raced(recipe, tasks.nli(), seed)


def _tweets(recipe: BiLSTM | EnsembleOf, seed: int) -> dict[str, float]:
    return tasks.raced(recipe, tasks.tweets(), seed)
