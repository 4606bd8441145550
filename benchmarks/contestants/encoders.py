"""The small encoder that needs no download, fine-tuned fully and with LoRA."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.contestants import studied, tasks
from benchmarks.contestants.cell import Cell
from underdog.models.transformers.encoder import Encoder

FULL, LORA = Encoder("minilm"), Encoder("minilm", lora=8)
BRIEF = Encoder("minilm", epochs=2)
"""Two epochs on long reviews take as long as ten on tweets."""


def cells() -> Iterator[Cell]:
    """One seed each: on the larger data sets an encoder takes at least a quarter of an hour of CPU
    time.
    """
    for on, recipe, target in (
        ("NLI", FULL, {"accuracy": "≥ .75"}),
        ("NLI", LORA, {"accuracy": "≥ full - .015"}),
        ("tweets", FULL, {"accuracy": "≥ .77", "auroc": "≥ .91"}),
        ("stars", BRIEF, {"accuracy": "≥ .60"}),
    ):
        yield Cell(on, repr(recipe), 0, partial(studied.numbers, on, recipe, 0), target)
    yield Cell("banking77", repr(FULL), 0, _banking, {"accuracy": "≥ .925"})


def _banking() -> dict[str, float]:
    return tasks.raced(FULL, tasks.banking(), 0)
