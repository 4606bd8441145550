"""The command: rows by name, each kept when it is finished."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.results import by_row
from benchmarks.teacher import choosing, kills, noise, students, synthesis, votes

Row = Sequence[str]
"""On what, what, at least, reached."""

ROWS: dict[str, Callable[[int], Sequence[Row]]] = {
    "overruling": students.overruling,
    "hate": noise.hate,
    "repair": noise.banking,
    "active": choosing.active,
    "unlabelled": students.unlabelled,
    "plan": votes.planned,
    "votes": votes.teachers,
    "rules": votes.rules,
    "edits": synthesis.edits,
    "written": synthesis.written,
    "kills": kills.kills,
}
HEADER = ["on", "what", "at least", "reached"]


def main() -> None:
    """Print the table of the rows that were named, or of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.teacher")
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS])
    parser.add_argument("--seeds", type=int, default=3)
    said = parser.parse_args()
    rows = {name: partial(make, said.seeds) for name, make in ROWS.items()}
    by_row("teacher", "The large model as teacher", HEADER, rows, said.rows)


if __name__ == "__main__":
    main()
