"""What a decision adds to an answer: confidence, threshold and path, one text at a time.

The stages answer at once, so that what is left is the cascade itself. Each figure is the best of
600 rounds of 50 answers, less the best of as many rounds of the stages alone, taken in turns: other
work on the machine can only add time. Timed, so not part of the tables that never change.

    python -m benchmarks.deferral.decision
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.data import table
from underdog.combine.cascade import Cascade
from underdog.combine.confidence import Confidence, Entropy, Margin, Probability
from underdog.core.protocols import Model
from underdog.models.baselines import MajorityModel

LABELS = ("up", "down", "none", "neutral")
STAGE = MajorityModel(LABELS, np.array([0.6, 0.2, 0.15, 0.05]))
ROUNDS, BATCH = 600, 50


def added(cascade: Cascade, asked: int) -> float:
    """Microseconds that ``cascade`` adds to ``asked`` of its stages, batches of one."""
    whole, alone = zip(*((_mean(cascade), _mean(STAGE)) for _ in range(ROUNDS)), strict=True)
    return 1e6 * (min(whole) - asked * min(alone))


def _mean(model: Model) -> float:
    start = perf_counter()
    for _ in range(BATCH):
        model.answer(["a text"])
    return (perf_counter() - start) / BATCH


def main() -> None:
    """Print the table."""
    signals: list[Confidence] = [Probability(), Probability(1.3), Margin(1.3), Entropy(1.3)]
    rows = []
    for signal in signals:
        kept = added(Cascade((STAGE, STAGE), (0.01,), (signal,)), 1)
        passed = added(Cascade((STAGE, STAGE), (1.1,), (signal,)), 2)
        rows.append([repr(signal), f"{kept:.1f}", f"{passed:.1f}"])
    print(
        table(
            "A decision, batch of one: microseconds added",
            ["confidence", "kept", "handed over"],
            rows,
            "Asked: at most 20.",
        )
    )


if __name__ == "__main__":
    main()
