"""What is lost by letting `auto` choose: its accuracy and time beside those of all it chose from.

Everybody learns from the same `LEARN` examples, drawn from the training part. Once ``auto`` is also
let loose on the whole of one set. ``python -m benchmarks.contestants.auto`` prints what the rows
come to: the regret on a set is the best accuracy there minus that of ``auto``; the share of the
time is its ``fit`` over the sum of theirs.
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
    """On six sets, everybody in the default line-up, and `auto` choosing from them."""
    rivals = tuple(line_up())
    for on, parts in SETS.items():
        for recipe in (*rivals, Auto(BUDGET, rivals)):
            target = TARGET if isinstance(recipe, Auto) else {}
            row = f"{on}, {LEARN:,} to learn from"
            yield Cell(row, repr(recipe), 0, partial(_raced, recipe, parts), target)
    yield Cell("banking77", repr(Auto(BUDGET)), 0, _banking, {"accuracy": "≥ .93"})


def main() -> None:
    """Print the regrets on the sets of which all rows were run."""
    rows = []
    for on in SETS:
        found = {
            one.what: one.kept() for one in cells() if one.on == f"{on}, {LEARN:,} to learn from"
        }
        done = {name: numbers for name, numbers in found.items() if numbers}
        if len(done) < len(found):
            continue
        own = done.pop(repr(Auto(BUDGET, tuple(line_up()))))
        best = max(done, key=lambda name: done[name]["accuracy"])
        regret = 100 * (done[best]["accuracy"] - own["accuracy"])
        share = own["fit"] / sum(numbers["fit"] for numbers in done.values())
        cost = [f"{done[best]['accuracy']:.4f}", f"{own['accuracy']:.4f}", f"{regret:.2f}"]
        rows.append([on, best, *cost, f"{share:.0%}"])
    head = ["", "best", "its accuracy", "auto's", "regret (≤ .5)", "time (≤ 30 %)"]
    notes = "Seconds are by the clock, with other work on the machine: read the shares as such."
    print(table(f"auto beside everybody, {LEARN:,} to learn from", head, rows, notes))


def _raced(recipe: Learner, parts: Callable[[], tasks.Parts]) -> dict[str, float]:
    train, test = parts()
    return tasks.raced(recipe, (train.sample(LEARN / len(train), 0), test), 0)


def _banking() -> dict[str, float]:
    return tasks.raced(Auto(BUDGET), tasks.banking(), 0)


if __name__ == "__main__":
    main()
