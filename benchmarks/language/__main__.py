"""Language models on this machine: ``python -m benchmarks.language [ROW …]``.

Each row is kept in benchmarks/results/language.json once it is measured; without names, those
that are missing are measured, the cheapest first, and the table is printed.
"""

from __future__ import annotations

from benchmarks.language import laws, learning, rows, steering
from benchmarks.results import by_row

HEADER = ["on", "what", "reached", "at least"]
ROWS = {**rows.ROWS, **laws.ROWS, **steering.ROWS, **learning.ROWS}


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    by_row("language", "Language models on this machine", HEADER, ROWS)


if __name__ == "__main__":
    main()
