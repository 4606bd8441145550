"""Decision models and what replaces them: ``python -m benchmarks.decisions [ROW …]``.

Each row is kept in benchmarks/results/decisions.json once it is measured; without names, those
that are missing are measured, and the table is printed.
"""

from __future__ import annotations

from benchmarks.decisions import checks, chosen, coverage, local, replay, rivals, streams
from benchmarks.results import by_row

HEADER = ["on", "what", "at least", "reached"]
ROWS = {
    **checks.ROWS,
    **replay.ROWS,
    **coverage.ROWS,
    **chosen.ROWS,
    **rivals.ROWS,
    **streams.ROWS,
    **local.ROWS,
}


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    by_row("decisions", "Decision models, and what is kept at home", HEADER, ROWS)


if __name__ == "__main__":
    main()
