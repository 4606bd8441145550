"""Around a large model: ``python -m benchmarks.grounding [ROW …]``.

Each row is kept in benchmarks/results/grounding.json once it is measured; without names, those
that are missing are measured, and the table is printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from benchmarks.data import root, table
from benchmarks.grounding import answering, composite, database, prompts, repair, retrieval

Row = tuple[str, str, str, str]
"""On what, which figure, what was reached, and what was asked for."""

ROWS: Mapping[str, Callable[[], Row]] = {
    **retrieval.ROWS,
    **database.ROWS,
    **composite.ROWS,
    **repair.ROWS,
    **answering.ROWS,
    **prompts.ROWS,
}

RESULT = Path(__file__).parents[1] / "results" / "grounding.json"
HEADER = ["on", "what", "reached", "at least"]


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    root()
    for name in sys.argv[1:] or [name for name in ROWS if name not in kept()]:
        if name not in ROWS:
            sys.exit(f"no row {name!r}\n  hint: one of {', '.join(ROWS)}")
        measured = list(ROWS[name]())
        done = {**kept(), name: measured}  # another process may have kept a row meanwhile
        rows = [done[known] for known in ROWS if known in done]
        result = {
            "command": "python -m benchmarks.grounding",
            "date": str(date.today()),
            "header": HEADER,
            "align": "lllr",
            "rows": rows,
            "done": done,
        }
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    done = kept()
    print(table("Around a large model", HEADER, [done[name] for name in ROWS if name in done]))


def kept() -> dict[str, list[str]]:
    """The rows that were measured."""
    if not RESULT.exists():
        return {}
    found: dict[str, list[str]] = json.loads(RESULT.read_text("utf-8"))["done"]
    return found


if __name__ == "__main__":
    main()
