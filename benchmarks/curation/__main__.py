"""Which data is worth learning from: ``python -m benchmarks.curation [ROW …]``.

Each row is kept in benchmarks/results/curation.json once it is measured; without names, those that
are missing are measured, and the table is printed. ``CURATION_SHARE=0.2`` takes a fifth of the
documents; ``DATA_SELECTION`` names the Python that has the package data-selection.
"""

from __future__ import annotations

from benchmarks.curation import planted, pooled, trained
from benchmarks.results import by_row

HEADER = ["on", "what", "reached", "at least"]
ROWS = {**pooled.ROWS, **planted.ROWS, **trained.ROWS}


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    by_row("curation", "Curation", HEADER, ROWS)


if __name__ == "__main__":
    main()
