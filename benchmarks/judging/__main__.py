"""Graders of outputs on rated ones: ``python -m benchmarks.judging [ROW …]``.

Each row is kept in benchmarks/results/judging.json once it is measured; without names, those that
are missing are measured, and the table is printed.
"""

from __future__ import annotations

from benchmarks.judging import pairs, summaries
from benchmarks.results import by_row

HEADER = ["on", "what", "at least", "reached"]
ROWS = {
    "untrained": summaries.untrained,
    "learned": summaries.learned,
    "data_to_text": summaries.data_to_text,
    "translation": pairs.translation,
    "length": pairs.length,
    "bertscore": pairs.bertscore,
    "entailment": pairs.entailment,
    "all_pairs": pairs.all_pairs,
    "evidence": pairs.evidence,
    "speed": pairs.speed,
}
"""Rows by name; each gives lines of the table."""


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    by_row("judging", "Graders of outputs on rated ones", HEADER, ROWS)


if __name__ == "__main__":
    main()
