"""Language models on this machine: ``python -m benchmarks.language [ROW …]``.

Each row is kept in benchmarks/results/language.json once it is measured; without names, those
that are missing are measured, the cheapest first, and the table is printed.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

from benchmarks.data import root, table
from benchmarks.language import rows, steering

ROWS = {**rows.ROWS, **steering.ROWS}
RESULT = Path(__file__).parents[1] / "results" / "language.json"
HEADER = ["on", "what", "reached", "at least"]


def main() -> None:
    """Measure the rows that are named, or missing, and print all of them."""
    root()
    kept = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {"done": {}}
    done = kept["done"]
    for name in sys.argv[1:] or [name for name in ROWS if name not in done]:
        if name not in ROWS:
            sys.exit(f"no row {name!r}\n  hint: one of {', '.join(ROWS)}")
        done[name] = list(ROWS[name]())
        known = [done[row] for row in ROWS if row in done]
        result = {
            "command": "python -m benchmarks.language",
            "date": str(date.today()),
            "header": HEADER,
            "align": "lllr",
            "rows": known,
            "done": done,
        }
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(table("Language models on this machine", HEADER, [done[n] for n in ROWS if n in done]))


if __name__ == "__main__":
    main()
