"""What came of all attacks so far: a line of benchmarks/results/hard.json for each kind."""

from __future__ import annotations

from benchmarks.jobs import JOBS
from benchmarks.results import keep_row

HEADER = ("attack", "asked", "reached", "bad")

ROWS = (
    *("folders", "files", "specs", "verbs"),
    *(f"kill {job}" for job in JOBS),
    "disk",
    *("linear", "audit", "report", "store"),
    *(f"labels {n} {spec}" for n in ("77", "2,000") for spec in ("bayes()", "linear()")),
)


def tell(row: str, attack: str, asked: str, reached: str, bad: int | str) -> None:
    """Keep what an attack reached, and how much of it was bad."""
    keep_row("hard", HEADER, ROWS, row, [attack, asked, reached, str(bad)])
