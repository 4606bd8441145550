"""Around a large model: ``python -m benchmarks.grounding [ROW …]``.

Each row is kept in benchmarks/results/grounding.json once it is measured; without names, those
that are missing are measured, and the table is printed.
"""

from __future__ import annotations

from benchmarks.grounding import answering, composite, database, prompts, repair, retrieval
from benchmarks.results import by_row

HEADER = ["on", "what", "reached", "at least"]
ROWS = {
    **retrieval.ROWS,
    **database.ROWS,
    **composite.ROWS,
    **repair.ROWS,
    **answering.ROWS,
    **prompts.ROWS,
}


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    by_row("grounding", "Around a large model", HEADER, ROWS)


if __name__ == "__main__":
    main()
