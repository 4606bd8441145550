"""The command: rows by name, each kept when it is finished."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

from benchmarks.data import table
from benchmarks.teacher import choosing, kills, noise, students, synthesis, votes

KEPT = Path(__file__).parents[1] / ".cache" / "teacher"
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


def main() -> None:
    """Print the table of the rows that were named, or of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.teacher")
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--again", action="store_true")
    said = parser.parse_args()
    found: list[list[str]] = []
    for name in said.rows or ROWS:
        found += _row(name, said.seeds, said.again)
        shown = table(
            "The large model as teacher", ["on", "what", "at least", "reached"], found[-9:]
        )
        print(shown.splitlines()[-1], flush=True)
    print("\n" + table("The large model as teacher", ["on", "what", "at least", "reached"], found))


def _row(name: str, seeds: int, again: bool) -> list[list[str]]:
    path = KEPT / f"{name}-{seeds}.json"
    if again or not path.is_file():
        start = process_time()
        rows = [list(row) for row in ROWS[name](seeds)]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"rows": rows, "seconds": process_time() - start}), "utf-8")
    kept: list[list[str]] = json.loads(path.read_text("utf-8"))["rows"]
    return kept


if __name__ == "__main__":
    main()
