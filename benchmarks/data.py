"""Where the real data lies: UNDERDOG_DATA, or ``../shared/data`` beside the checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def root() -> Path:
    """The folder of the data sets; leaves the program, saying why, where there is none."""
    here = Path(os.environ.get("UNDERDOG_DATA") or BESIDE)
    if not here.is_dir():
        sys.exit(f"skipped: no data in {here}\n  hint: export UNDERDOG_DATA=FOLDER")
    return here


def table(title: str, header: list[str], rows: list[list[str]], notes: str = "") -> str:
    """A text table: the first column to the left, the others to the right."""
    lines = [header, *rows]
    wide = [max(len(line[k]) for line in lines) for k in range(len(header))]

    def shown(line: list[str]) -> str:
        cells = [
            c.ljust(w) if k == 0 else c.rjust(w)
            for k, (c, w) in enumerate(zip(line, wide, strict=True))
        ]
        return ("| " + " | ".join(cells) + " |").rstrip()

    rule = (
        "|" + "|".join("-" * (w + 1) + ("-" if k == 0 else ":") for k, w in enumerate(wide)) + "|"
    )
    parts = [f"## {title}", "", shown(header), rule, *map(shown, rows)]
    return "\n".join(parts + (["", notes] if notes else []))
