"""Doubt on real data: ``python -m benchmarks.doubt [ROW …]``.

Each row is kept in benchmarks/results/doubt.json once it is measured; without names, those that
are missing are measured, the quickest first, and the table is printed.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

from benchmarks.data import root, table
from benchmarks.doubt.rows import ROWS

RESULT = Path(__file__).parents[1] / "results" / "doubt.json"
HEADER = ["on", "what", "reached", "asked"]


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    root()
    kept = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {"done": {}}
    done = kept["done"]
    for name in sys.argv[1:] or [name for name in ROWS if name not in done]:
        if name not in ROWS:
            sys.exit(f"no row {name!r}\n  hint: one of {', '.join(ROWS)}")
        done[name] = list(ROWS[name]())
        result = {
            "command": "python -m benchmarks.doubt",
            "date": str(date.today()),
            "header": HEADER,
            "align": "lllr",
            "rows": [done[known] for known in ROWS if known in done],
            "done": done,
        }
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(" | ".join(done[name]), flush=True)
    print(table("When to doubt an answer", HEADER, [done[n] for n in ROWS if n in done]))


if __name__ == "__main__":
    main()
