"""Run the missing cells, and print the table of the finished ones."""

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
"""The columns of the table, and their number of digits."""


def cells() -> list[Cell]:
    """The cells of all modules of this package."""
    names = sorted(module.name for module in iter_modules(contestants.__path__))
    modules = [import_module(f"benchmarks.contestants.{n}") for n in names if n != "__main__"]
    return [cell for module in modules if hasattr(module, "cells") for cell in module.cells()]


def shown(rows: Sequence[Cell]) -> list[str]:
    """One line of the table: the mean over the finished seeds ± the standard deviation."""
    results = [numbers for cell in rows if (numbers := cell.kept())]
    columns = []
    for name, digits in SHOWN.items():
        values = [numbers[name] for numbers in results if name in numbers]
        spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
        text = f"{mean(values):.{digits}f}{spread}" if values else "–"
        target = rows[0].target.get(name)
        columns.append(f"{text} ({target})" if target else text)
    return [f"{rows[0].on}: {rows[0].what}", f"{len(results)}/{len(rows)}", *columns]


def main() -> None:
    """Run missing cells until the time is up, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contestants")
    parser.add_argument("--only", default="", help="cells whose row contains this text")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no cell after")
    arguments = parser.parse_args()
    root()
    chosen = [cell for cell in cells() if arguments.only in ": ".join(cell.row)]
    start = perf_counter()
    for cell in chosen:
        if cell.kept() is None and perf_counter() - start < 60 * arguments.minutes:
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
