"""How seconds and memory grow with the rows: `linear()`, the audit, the scores and the store.

    python -m benchmarks.scale --rows 10000 100000 300000        # 1000000 is the largest asked for

Each measurement is a process of its own. Seconds are those of the processor. The exponent is that
of the growth since the row above: 1 is linear, and n log n is 1.05 to 1.1 here. Finished
measurements are kept in ``--state``.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing as mp
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.hard.told import tell

WORDS, LENGTH, LABELS = 30_000, 12, ("billing", "bug", "praise", "other")
ALLOWED = 1.25
"""The largest exponent that passes for n log n, given how much measurements vary."""


def texts(n: int) -> tuple[list[str], list[str]]:
    """``n`` distinct short texts with words of Zipf's frequencies, and their labels."""
    draw = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choices(letters, k=draw.randrange(2, 10))) for _ in range(WORDS)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))
    found, labels = [], []
    for i in range(n):
        said = draw.choices(words, cum_weights=weights, k=LENGTH)
        label = draw.choice(LABELS)
        if draw.random() < 0.8:
            said[draw.randrange(LENGTH)] = words[
                100 + 50 * LABELS.index(label) + draw.randrange(50)
            ]
        found.append(f"{' '.join(said)} {i}")
        labels.append(label)
    return found, labels


def linear(n: int) -> Callable[[], Any]:
    """Fitting `linear()`."""
    from underdog import Dataset, Linear

    data = Dataset.of(*texts(n))
    return lambda: Linear().fit(data)


def audit(n: int) -> Callable[[], Any]:
    """The audit of a file."""
    from underdog import Dataset
    from underdog.evaluate.audit import audit as look

    data = Dataset.of(*texts(n))
    return lambda: look(data)


def report(n: int) -> Callable[[], Any]:
    """Scores, intervals and plots' tables of one model's answers."""
    from underdog.core.answer import Answers
    from underdog.evaluate import metrics

    rng = np.random.default_rng(0)
    probs = rng.dirichlet([1.0] * len(LABELS), n)
    said = Answers.likeliest(LABELS, probs, np.zeros((n, 6)), "m")
    gold = [LABELS[k] for k in np.where(rng.random(n) < 0.8, probs.argmax(1), 0).tolist()]

    def work() -> None:
        for measure in (metrics.scores, metrics.intervals, metrics.recall_intervals):
            measure(said, gold, LABELS)
        metrics.confusion(said, gold, LABELS)
        metrics.reliability(said, gold)
        metrics.risk_coverage(said, gold)

    return work


def store(n: int) -> Callable[[], Any]:
    """Looking up ``n`` paid answers, and keeping 500 more."""
    from underdog.core.cost import FREE
    from underdog.runtime.prices import Usage
    from underdog.runtime.store import Reply, Store, key

    path = Path(tempfile.mkdtemp()) / "answers.sqlite"
    keys = [key(prompt=str(i)) for i in range(n)]
    reply = Reply("billing", Usage(100, 2), FREE)
    with Store(path).open() as kept:
        kept.put("first", "m", reply)
    with sqlite3.connect(path) as db:
        row = db.execute("SELECT * FROM answers").fetchone()
        db.executemany("INSERT INTO answers VALUES (?,?,?,?,?,?,?)", ((k, *row[1:]) for k in keys))

    def work() -> None:
        with Store(path).open() as kept:
            assert len(kept.get(keys)) == n
            for i in range(500):
                kept.put(f"more {i}", "m", reply)

    return work


ASKED = {
    "linear": "600 s, 8 GB at 1,000,000 rows",
    "audit": "300 s at 1,000,000 rows",
    "report": "exponent of n log n",
    "store": "exponent of n log n",
}
ABOUT = {
    "linear": "fitting `linear()` on short texts",
    "audit": "the audit of short texts",
    "report": "scores, intervals and plots' tables",
    "store": "looking up all answers, keeping 500 more",
}

PARTS = {"linear": linear, "audit": audit, "report": report, "store": store}


def measure(name: str, n: int, pipe: Any) -> None:
    """Send the seconds of the processor and of the clock, and the peak of memory in bytes."""
    from underdog.runtime.memory import PeakMemory

    work = PARTS[name](n)
    clock, processor = time.perf_counter(), time.process_time()
    with PeakMemory() as peak:
        work()
    pipe.send((time.process_time() - processor, time.perf_counter() - clock, peak.bytes))


def main() -> None:
    """Measure what the arguments ask for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 300_000])
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir()) / "scale.json")
    told = parser.parse_args()
    done = json.loads(told.state.read_text("utf-8")) if told.state.exists() else {}
    print(f"{'part':<8}{'rows':>10}{'seconds':>9}{'clock':>8}{'GB':>7}{'exponent':>10}")
    for name in told.parts:
        before: tuple[int, float] | None = None
        for n in told.rows:
            if (at := f"{name} {n}") not in done:
                here, there = mp.Pipe()
                process = mp.get_context("spawn").Process(target=measure, args=(name, n, there))
                process.start()
                there.close()
                done[at] = here.recv()
                process.join()
                told.state.write_text(json.dumps(done), "utf-8")
            seconds, clock, memory = done[at]
            grown = math.log(seconds / before[1]) / math.log(n / before[0]) if before else None
            told_of_it = "" if grown is None else f"{grown:.2f}" + "!" * (grown > ALLOWED)
            print(
                f"{name:<8}{n:>10,}{seconds:>9.1f}{clock:>8.1f}{memory / 1e9:>7.2f}{told_of_it:>10}"
            )
            before = n, seconds
        took = f"{told.rows[-1]:,} rows: {seconds:.0f} s of the processor, {memory / 1e9:.1f} GB"
        tell(name, ABOUT[name], ASKED[name], f"{took}; exponent {told_of_it or '–'}", "–")


if __name__ == "__main__":
    main()
