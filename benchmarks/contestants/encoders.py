"""The small encoder that needs no download, trained whole and by LoRA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.contestants import tasks
from benchmarks.contestants.cell import Cell
from underdog.models.encoder import Encoder

FULL, LORA = Encoder("minilm"), Encoder("minilm", lora=8)


def cells() -> Iterator[Cell]:
    """One seed each: an encoder takes a CPU the better part of an hour on the larger sets."""
    rows: list[tuple[str, Callable[[], tasks.Parts], Encoder, dict[str, str]]] = [
        ("nli", tasks.nli, FULL, {"accuracy": "≥ .75"}),
        ("nli", tasks.nli, LORA, {"accuracy": "≥ full - .015"}),
        ("tweets", tasks.tweets, FULL, {"accuracy": "≥ .77", "auroc": "≥ .91"}),
        ("banking77", tasks.banking, FULL, {"accuracy": "≥ .925"}),
    ]
    for on, parts, recipe, target in rows:
        yield Cell(on, repr(recipe), 0, partial(_raced, recipe, parts), target)


def _raced(recipe: Encoder, parts: Callable[[], tasks.Parts]) -> dict[str, float]:
    return tasks.raced(recipe, parts(), 0)
