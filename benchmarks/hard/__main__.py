"""Attacks with random seeds, made piece by piece.

    python -m benchmarks.hard folders --seconds 280       # of 2,000; type it again to go on
    python -m benchmarks.hard files specs

Each attempt runs in a process of its own that is reused until it misbehaves. Attempt ``i`` depends
on ``--seed`` and ``i`` alone; finished attempts are kept in ``--state`` and not made again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import kills
from underdog.runtime import files

from . import attacks, samples, verbs
from .told import tell
from .worker import Worker

SIZES = {"folders": 2000, "files": 1000, "specs": 500, "verbs": 1333}
"""How many attempts of each kind are asked for."""

ABOUT = {
    "folders": "mutated folders of every registered kind",
    "files": "mutated CSV, TSV, JSON, JSON lines, Parquet, Excel and gzip files",
    "specs": "specs that are random, nested, or out of range",
    "verbs": "commands typed with bad files, places, options and surroundings",
}

FINE = ("", "answered", "loaded", "read", "built", "told", "done")
"""Outcomes that are as they should be; '' is a refusal in a sentence."""


Attempt = Callable[[int, int], str]
"""Makes the attempt of a number and a seed, and says what came of it."""


@contextmanager
def attempts(kind: str, work: Path) -> Iterator[Attempt]:
    """How attempts of ``kind`` are made; what that needs begins with the first."""
    if kind == "verbs":
        yield typed(work / "typed")
        return
    workers: list[Worker] = []

    def made(i: int, seed: int) -> str:
        if not workers:
            samples.models(work)
            workers.append(Worker(work))
        return workers[0].attempt(kind, i, seed)

    try:
        yield made
    finally:
        for worker in workers:
            worker.process.kill()


def typed(work: Path) -> Attempt:
    """Commands that are typed: the attempts in the order of `verbs.cases`, whatever the seed."""
    template, found = work / "template", list[verbs.Case]()

    def made(i: int, seed: int) -> str:
        if not found:
            kills.warm_up()
            if not template.exists():
                shutil.rmtree(fresh := work / "fresh", ignore_errors=True)
                verbs.prepared(fresh)
                fresh.rename(template)
            found.extend(verbs.cases(verbs.bad_names(template)))
        case = found[i] if i < len(found) else None
        return verbs.attempt(case, template, work / "try") if case else "none"

    return made


def order(kind: str, i: int, work: Path) -> str:
    """By what attempts are ordered: one sample after the other, so that few are loaded at once."""
    return attacks.sample(i, work) if kind == "folders" else ""


def run(kind: str, n: int, seed: int, work: Path, seconds: float) -> Counter[str]:
    """Make ``n`` attempts of ``kind``, but for those that are on file; counts of all outcomes.

    Stops after so many ``seconds``; what was done until then is on file.
    """
    state = work / "done.json"
    done: dict[str, str] = json.loads(state.read_text("utf-8")) if state.exists() else {}
    end = time.monotonic() + seconds
    try:
        with attempts(kind, work) as attempt:
            for i in sorted(range(n), key=lambda i: (order(kind, i, work), i)):
                if (key := f"{kind} {seed} {i}") in done:
                    continue
                if time.monotonic() > end or (outcome := attempt(i, seed)) == "none":
                    break
                done[key] = outcome
                if outcome not in FINE:
                    print(f"  {kind} seed {seed} attempt {i}: {outcome}", flush=True)
    finally:
        files.write(state, json.dumps(done))
    known = (done.get(f"{kind} {seed} {i}") for i in range(n))
    return Counter(
        one.partition(" ")[0].rstrip(":") or "refused" for one in known if one is not None
    )


def main() -> None:
    """Run the attacks that the arguments ask for, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--n", type=int, help="attempts of each kind; default: all asked for")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir()) / "underdog-hard")
    told = parser.parse_args()
    told.state.mkdir(parents=True, exist_ok=True)
    start, bad = time.monotonic(), 0
    if "folders" in told.kinds:
        failed = samples.models(told.state)
        if left := [*failed, *samples.missing(told.state)]:
            bad += len(left)
            print(f"kinds without a sample: {', '.join(left)}")
    for kind in told.kinds:
        asked = told.n or SIZES[kind]
        spare = told.seconds - (time.monotonic() - start)
        counts = run(kind, asked, told.seed, told.state, spare)
        wrong = sum(n for name, n in counts.items() if name not in (*FINE, "refused"))
        bad += wrong
        said = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
        print(f"{kind}: {counts.total():,} of {asked:,}, seed {told.seed}: {said}")
        tell(kind, ABOUT[kind], f"{SIZES[kind]:,}", f"{counts.total():,}: {said}", wrong)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
