"""A disk that is full at a random byte of every long job, then the same command with room.

    python -m benchmarks.full_disk --times 4 --seconds 280      # type it again to go on

As root each attempt gets a file system in memory that is too small for it; else no file may grow
beyond a random size. The job must end in one sentence, with every output whole, old or absent;
with room the same command must end in the result of an undisturbed job, and paid answers are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from . import jobs, kills
from .hard.told import tell

PAGE = 4096
ROOM = 1 << 30


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[bool]:
    """A file system of ``size`` bytes at ``place``; False if this user cannot make one."""
    place.mkdir(parents=True, exist_ok=True)
    options = ("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    made = shutil.which("mount") and os.geteuid() == 0
    if not made or subprocess.run(("mount", *options), capture_output=True).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(("umount", "--lazy", str(place)), check=True)


def occupied(place: Path) -> int:
    """Bytes of whole pages that the files in ``place`` take."""
    sizes = (p.lstat().st_size for p in place.rglob("*"))
    return sum(-(-size // PAGE) * PAGE + PAGE for size in sizes)


def attempt(name: str, place: Path, template: Path, expected: Any, room: int) -> str:
    """Run job ``name`` with ``room`` bytes, then with enough; '' if all is well.

    'enough' tells that the job did not need more than it had.
    """
    job, size = jobs.JOBS[name], occupied(template) + room
    with small_disk(place, size) as mounted, _server(name, place) as log:
        shutil.copytree(template, place, dirs_exist_ok=True)
        old = job.result(place)
        try:
            ended = kills.wait(kills.begin(job.command, place, None if mounted else room))
            said = kills.said(place)
            if ended not in (0, 1) or "Traceback" in said or (ended and "error:" not in said):
                return f"failed: exit code {ended}: {said[-400:]}"
            if job.result(place) not in (None, old, expected):
                return "mixture: neither the old result nor the new one"
            if not ended:
                return "enough"
            if mounted:
                enough = ("mount", "-o", f"remount,size={ROOM}", str(place))
                subprocess.run(enough, check=True)
            before = kills.paid(log, place) if log else (0, 0)
            if name != "add" or job.result(place) != expected:
                kills.finish(kills.again(job, place), place)
            if job.result(place) != expected:
                return "differs from an undisturbed job"
            return kills.miscounted(before, kills.paid(log, place), name == "bulk") if log else ""
        except Exception as error:
            return f"failed: {type(error).__name__}: {error}"


@contextmanager
def _server(name: str, place: Path) -> Iterator[Path | None]:
    folder = place.with_name(f"{place.name}-server")
    with kills.asked(folder) if name in jobs.ASKING else nullcontext() as log:
        yield log
    shutil.rmtree(folder, ignore_errors=True)


def run(name: str, times: int, seed: int, work: Path, end: float = float("inf")) -> Counter[str]:
    """Fill the disk under job ``name`` at ``times`` random bytes, or until it is ``end``.

    Counts of what came of it; attempts that are on file in ``work`` are not made again.
    """
    job, template, whole = jobs.JOBS[name], work / name / "template", work / name / "whole"
    state, expected, needed = work / "disks.json", None, 0
    finished: dict[str, str] = json.loads(state.read_text("utf-8")) if state.exists() else {}
    counts = Counter[str]()
    for i in range(times):
        if (key := f"{name} {seed} {i}") not in finished:
            if time.monotonic() > end:
                break
            if expected is None:
                kills.prepared(job, whole, template)
                with _server(name, whole):
                    kills.finish(job.command, whole)
                expected = job.result(whole)
                needed = occupied(whole) // 2  # what is replaced stays until its heir is whole
            room = random.Random(key).randrange(needed)
            place = work / name / f"try-{os.getpid()}"
            finished[key] = attempt(name, place, template, expected, room)
            shutil.rmtree(place, ignore_errors=True)
            state.write_text(json.dumps(finished), "utf-8")
        outcome = finished[key]
        if outcome not in ("", "enough"):
            print(f"  {name} seed {seed} attempt {i}: {outcome}")
        counts[outcome.partition(":")[0].partition(" ")[0]] += 1
    return counts


def main() -> None:
    """Fill the disk under the jobs that the arguments name, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", nargs="*", default=list(jobs.JOBS), choices=list(jobs.JOBS))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir()) / "underdog-disk")
    told = parser.parse_args()
    end = time.monotonic() + told.seconds
    told.state.mkdir(parents=True, exist_ok=True)
    kills.warm_up(told.jobs)
    bad, total = 0, Counter[str]()
    print(f"{'job':<12}{'full':>6}{'enough':>8}{'bad':>5}   seed {told.seed}")
    for name in told.jobs:
        counts = run(name, told.times, told.seed, told.state, end)
        wrong = counts.total() - counts[""] - counts["enough"]
        bad, total = bad + wrong, total + counts
        print(f"{name:<12}{counts['']:>6}{counts['enough']:>8}{wrong:>5}", flush=True)
    about = f"a full disk at a random byte of {len(told.jobs)} long jobs"
    tell("disk", about, "50", f"{total.total()}, {total['enough']} of them had room enough", bad)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
