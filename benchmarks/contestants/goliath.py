"""Small systems compared with Mistral-7B on the pairs that it answered.

Mistral-7B answered 3,004 pairs of the development set with reasoning. The small systems have at
most 50 million parameters in all. Pairs without a recorded answer are left out. Some systems are
also `taught` by larger transformers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.contestants import studied
from benchmarks.contestants.cell import Cell
from examples.nli_study.pairs import MISTRAL
from examples.summary import answered, duels
from examples.trial import Piece
from underdog.combine.ensemble import EnsembleOf
from underdog.core.protocols import Learner
from underdog.models.recorded import Recorded
from underdog.models.transformers.encoder import Encoder

ON = "NLI, pairs that Mistral-7B answered"
FULL, LORA = Encoder("minilm"), Encoder("minilm", lora=8)
ALONE: tuple[Learner, ...] = (FULL, EnsembleOf(FULL, 2), LORA, EnsembleOf(LORA, 5))
"""Of 22.7, 45.4, 23.1 and 24.5 million parameters: LoRA adapters share one encoder."""

TAUGHT: tuple[Learner, ...] = (FULL, EnsembleOf(LORA, 5))


def cells() -> Iterator[Cell]:
    """Each system compared with Mistral-7B: ``ahead`` is the difference in accuracy, ``p`` is
    McNemar's.
    """
    for on, recipes in (("NLI", ALONE), ("NLI, taught", TAUGHT)):
        for recipe in recipes:
            target = {"accuracy": "≥ .765"} if isinstance(recipe, EnsembleOf) else {}
            name = repr(recipe) + ", recorded teachers" * (on != "NLI")
            yield Cell(ON, name, 0, partial(_against, on, recipe), target)


def _against(on: str, recipe: Learner) -> dict[str, float]:
    question, mine = studied.question("NLI"), studied.tried(on, recipe, 0)
    rival = Piece(question, Recorded(MISTRAL)).done()
    results = duels(question, {"mine": [mine]}, rival)
    duel, p = results["mine"]
    right = question.right(mine.run.answers)[answered(rival)]
    return {
        "accuracy": float(right.mean()),
        "ahead": duel.difference,
        "low": duel.low,
        "high": duel.high,
        "p": p,
    }
