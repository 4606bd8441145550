"""The static student compared with `linear` and with the encoder it is distilled from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.contestants import tasks
from benchmarks.contestants.cell import Cell
from underdog.core.protocols import Learner
from underdog.models.linear.recipe import Linear
from underdog.models.static import Static

SEEDS = range(3)
TARGET = {"accuracy": "≥ linear + .6 of the encoder's gain", "texts/s": "≥ 20,000"}


def cells() -> Iterator[Cell]:
    """Tweets, where the student should keep the gain of the encoder, and questions to a bank."""
    for on, parts in (("tweets", tasks.tweets), ("banking77", tasks.banking)):
        for recipe, target in ((Linear(), {}), (Static(), TARGET if on == "tweets" else {})):
            for seed in SEEDS:
                yield Cell(on, repr(recipe), seed, partial(_raced, recipe, parts, seed), target)


def _raced(recipe: Learner, parts: Callable[[], tasks.Parts], seed: int) -> dict[str, float]:
    return tasks.raced(recipe, parts(), seed)
