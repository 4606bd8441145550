"""The regret of `auto`: its accuracy and time compared with all recipes that it chooses from.

All recipes learn from the same `LEARN` examples of the training part; one more row gives `auto` a
whole data set. ``python -m benchmarks.contestants.auto`` prints a summary: the regret on a data set
is the best accuracy minus that of ``auto``, and the share of time is its fit time divided by the
sum of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.contestants import tasks
from benchmarks.contestants.cell import Cell
from benchmarks.data import table
from underdog.core.protocols import Learner
from underdog.teach.auto import Auto, line_up

BUDGET = "2h"
LEARN = 2000
TARGET = {"accuracy": "≥ best − .005", "fit": "≤ .3 of all"}

SETS: dict[str, Callable[[], tasks.Parts]] = {
    "banking77": tasks.banking,
    "clinc150": partial(tasks.split, "clinc150/clinc150_full.csv"),
    "sst2": partial(tasks.split, "sst2/sst2.csv"),
    "sst5": partial(tasks.split, "sst5/sst5.csv"),
    "tweets": tasks.tweets,
    "news": tasks.news,
}


def cells() -> Iterator[Cell]:
    """Six data sets: all recipes of the default line-up, and `auto` choosing from them."""
    rivals = tuple(line_up())
    for on, parts in SETS.items():
        for recipe in (*rivals, Auto(BUDGET, rivals)):
            target = TARGET if isinstance(recipe, Auto) else {}
            row = f"{on}, {LEARN:,} to learn from"
            yield Cell(row, repr(recipe), 0, partial(_raced, recipe, parts), target)
    yield Cell("banking77", repr(Auto(BUDGET)), 0, _banking, {"accuracy": "≥ .93"})


def main() -> None:
    """Print the regret on the data sets for which all rows are finished."""
    rows = []
    for on in SETS:
        results = {
            cell.what: cell.kept()
            for cell in cells()
            if cell.on == f"{on}, {LEARN:,} to learn from"
        }
        done = {name: numbers for name, numbers in results.items() if numbers}
        if len(done) < len(results):
            continue
        own = done.pop(repr(Auto(BUDGET, tuple(line_up()))))
        best = max(done, key=lambda name: done[name]["accuracy"])
        regret = 100 * (done[best]["accuracy"] - own["accuracy"])
        share = own["fit"] / sum(numbers["fit"] for numbers in done.values())
        cost = [f"{done[best]['accuracy']:.4f}", f"{own['accuracy']:.4f}", f"{regret:.2f}"]
        rows.append([on, best, *cost, f"{share:.0%}"])
    head = ["", "best", "its accuracy", "auto's", "regret (≤ .5)", "time (≤ 30 %)"]
    notes = "Shares of wall-clock time on a machine with other work: read them as approximate."
    print(table(f"auto beside everybody, {LEARN:,} to learn from", head, rows, notes))


def _raced(recipe: Learner, parts: Callable[[], tasks.Parts]) -> dict[str, float]:
    train, test = parts()
    return tasks.raced(recipe, (train.sample(LEARN / len(train), 0), test), 0)


def _banking() -> dict[str, float]:
    return tasks.raced(Auto(BUDGET), tasks.banking(), 0)


if __name__ == "__main__":
    main()
