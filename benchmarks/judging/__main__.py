"""Graders of outputs on rated ones: ``python -m benchmarks.judging [ROW …]``.

Each row is kept in benchmarks/results/judging.json once it is measured; without names, those that
are missing are measured, and the table is printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from benchmarks.data import root, table
from benchmarks.judging import pairs, summaries

RESULT = Path(__file__).parents[1] / "results" / "judging.json"
HEADER = ["on", "what", "at least", "reached"]
Row = Callable[[], Sequence[Sequence[str]]]

ROWS: dict[str, Row] = {
    "untrained": summaries.untrained,
    "learned": summaries.learned,
    "data_to_text": summaries.data_to_text,
    "translation": pairs.translation,
    "length": pairs.length,
    "bertscore": pairs.bertscore,
    "entailment": pairs.entailment,
    "speed": pairs.speed,
}
"""Rows by name; each gives lines of the table."""


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    root()
    kept = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {"done": {}}
    done = kept["done"]
    for name in sys.argv[1:] or [name for name in ROWS if name not in done]:
        if name not in ROWS:
            sys.exit(f"no row {name!r}\n  hint: one of {', '.join(ROWS)}")
        done[name] = [list(line) for line in ROWS[name]()]
        lines = [line for known in ROWS for line in done.get(known, [])]
        result = {
            "command": "python -m benchmarks.judging",
            "date": str(date.today()),
            "header": HEADER,
            "align": "lllr",
            "rows": lines,
            "done": done,
        }
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    lines = [line for known in ROWS for line in done.get(known, [])]
    print(table("Graders of outputs on rated ones", HEADER, lines))


if __name__ == "__main__":
    main()
