"""Doubt on real data: ``python -m benchmarks.doubt [ROW …]``.

Each row is kept in benchmarks/results/doubt.json once it is measured; without names, those that
are missing are measured, the quickest first, and the table is printed.
"""

from __future__ import annotations

from benchmarks.doubt.rows import ROWS
from benchmarks.results import by_row

HEADER = ["on", "what", "reached", "asked"]


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    by_row("doubt", "When to doubt an answer", HEADER, ROWS)


if __name__ == "__main__":
    main()
