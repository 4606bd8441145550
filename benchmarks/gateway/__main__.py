"""What the gateway reaches: ``python -m benchmarks.gateway [ROW …] [--minutes N] [--texts N]``.

Each row is kept in benchmarks/results/gateway.json once it is measured; without names, those that
are missing are measured, and the table is printed. ``--minutes`` is how long the soak takes,
``--texts`` how many a file holds that is answered as a whole.
"""

from __future__ import annotations

import sys

from benchmarks.gateway import bulk, fuzz, loads, replays, rivals, soak
from benchmarks.results import Row, by_row

HEADER = ["what", "how", "asked", "reached"]
MINUTES, TEXTS = 5.0, 2_000_000


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    minutes, texts = _told("--minutes", MINUTES), int(_told("--texts", TEXTS))
    rows: dict[str, Row] = {
        "passed": loads.passed_through,
        "answered": loads.answered,
        "memory": loads.memory,
        "bulk": lambda: bulk.answered(texts),
        "log": replays.learned_from_a_log,
        "overruling": replays.of_overruling,
        "hate_speech": replays.of_hate_speech,
        "hate_speech_linear": lambda: replays.of_hate_speech("linear()"),
        "strange": replays.strange,
        "unsure": replays.confidence_is_not_enough,
        "documented": fuzz.documented,
        "mutated": fuzz.mutated,
        "shad0w": lambda: rivals.beside("shad0w"),
        "litellm": lambda: rivals.beside("LiteLLM"),
        "soak": lambda: soak.soak(minutes),
    }
    by_row("gateway", "The gateway", HEADER, rows)


def _told(name: str, usual: float) -> float:
    """The number after the option ``name``, which is taken out of the arguments."""
    if name not in sys.argv:
        return usual
    at = sys.argv.index(name)
    number = float(sys.argv[at + 1])
    del sys.argv[at : at + 2]
    return number


if __name__ == "__main__":
    main()
