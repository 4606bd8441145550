"""Run the cells that are missing, and print the table of those that are there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from statistics import mean, stdev
from time import perf_counter

from benchmarks import contestants
from benchmarks.contestants.cell import Cell
from benchmarks.data import root, table

SHOWN = {
    "accuracy": 4,
    "auroc": 4,
    "log_loss": 3,
    "calibration_error": 3,
    "fit": 0,
    "processor": 0,
    "texts/s": 0,
    "GB": 1,
    "ahead": 4,
    "p": 3,
}
"""The columns of the table, and how many digits they show."""


def cells() -> list[Cell]:
    """All cells of the modules beside this one that offer some."""
    names = sorted(found.name for found in iter_modules(contestants.__path__))
    modules = [import_module(f"benchmarks.contestants.{n}") for n in names if n != "__main__"]
    return [cell for module in modules if hasattr(module, "cells") for cell in module.cells()]


def shown(rows: Sequence[Cell]) -> list[str]:
    """One line of the table: means over the seeds that were run, ± their standard deviation."""
    found = [numbers for cell in rows if (numbers := cell.kept())]
    said = []
    for name, digits in SHOWN.items():
        values = [numbers[name] for numbers in found if name in numbers]
        spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
        text = f"{mean(values):.{digits}f}{spread}" if values else "–"
        target = rows[0].target.get(name)
        said.append(f"{text} ({target})" if target else text)
    return [f"{rows[0].on}: {rows[0].what}", f"{len(found)}/{len(rows)}", *said]


def main() -> None:
    """Run what is missing until the time is up; print what there is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contestants")
    parser.add_argument("--only", default="", help="cells whose row holds this text")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no cell after")
    asked = parser.parse_args()
    root()
    chosen = [cell for cell in cells() if asked.only in ": ".join(cell.row)]
    start = perf_counter()
    for cell in chosen:
        if cell.kept() is None and perf_counter() - start < 60 * asked.minutes:
            print(f"running {': '.join(cell.row)}, seed {cell.seed}", file=sys.stderr, flush=True)
            cell.run()
    rows: dict[tuple[str, str], list[Cell]] = {}
    for cell in chosen:
        rows.setdefault(cell.row, []).append(cell)
    missing = sum(cell.kept() is None for cell in chosen)
    notes = f"{missing} of {len(chosen)} cells are missing: run the command again." * bool(missing)
    print(table("Contestants", ["", "seeds", *SHOWN], [*map(shown, rows.values())], notes))


if __name__ == "__main__":
    main()
