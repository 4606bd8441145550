"""What a large model teaches: ``python -m benchmarks.teacher [ROW …] [--seeds N]``.

Each row is kept in benchmarks/results/teacher.json once it is measured; without names, those that
are missing are measured, and the table is printed. Rows that draw something do so with five seeds.
"""

from __future__ import annotations

import sys
from functools import partial

from benchmarks.results import by_row
from benchmarks.teacher import choosing, kills, noise, students, synthesis, votes

HEADER = ["on", "what", "at least", "reached"]
SEEDS = 5


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    seeds = SEEDS
    if "--seeds" in sys.argv:
        at = sys.argv.index("--seeds")
        seeds = int(sys.argv[at + 1])
        del sys.argv[at : at + 2]
    rows = {
        "overruling": students.overruling,
        "hate": partial(noise.hate, seeds),
        "repair": partial(noise.banking, seeds),
        "active": partial(choosing.active, seeds),
        "unlabelled": partial(students.unlabelled, seeds),
        "plan": votes.planned,
        "votes": votes.teachers,
        "rules": votes.rules,
        "edits": partial(synthesis.edits, seeds),
        "written": synthesis.written,
        "kills": kills.kills,
    }
    by_row("teacher", "The large model as teacher", HEADER, rows)


if __name__ == "__main__":
    main()
