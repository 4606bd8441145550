"""SIGKILL at random moments of every long job, then the same command again.

    python -m benchmarks.kills --jobs fit live --seconds 280    # type it again to go on

An attempt starts a job in a folder of its own, kills it, and looks at what is there: each output
is whole, or the old one, or absent. Then the same command runs to its end, and its result must
equal that of a job that was never killed. Half of the kills come at a random moment of the job,
half while a file is being written. The live job asks a server in another process, which counts:
no prompt is lost, and those asked twice were on the wire. Jobs are forked from a process that has
loaded the libraries, so an attempt costs what the job costs. Finished attempts are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.hard.told import tell
from benchmarks.jobs import ABOUT, ASKING, JOBS, Job, data

SERVER = Path(__file__).parents[1] / "tests" / "servers" / "openai_server.py"
WIRE = 4
"""Requests of a live job that are on the wire at once."""

PATIENCE = 120.0
"""Seconds after which a job hangs."""


def warm_up(jobs: Sequence[str] = ()) -> None:
    """Load what the jobs need, once for all forks; for some ``jobs`` more than for all."""
    import bm25s
    import cleanlab.filter
    import openai
    import pyarrow.parquet
    import sklearn.svm

    import underdog.fronts.cli.app
    import underdog.fronts.curating
    import underdog.models.linear.recipe
    import underdog.report.page
    import underdog.study

    assert all((bm25s, cleanlab.filter, openai, pyarrow.parquet, sklearn.svm, underdog.study))
    if "train" in jobs:
        import torch

        from underdog.core.data import Dataset
        from underdog.models.bilstm.recipe import BiLSTM
        from underdog.models.training import checkpoint

        torch.set_num_threads(1)  # threads do not survive a fork
        checkpoint.SECONDS_BETWEEN = 0.0
        BiLSTM(hidden=2, epochs=1).fit(Dataset.of(["one", "two"] * 20, ["a", "b"] * 20))


def begin(
    command: tuple[str, ...], place: Path, largest: int | None = None, user: int | None = None
) -> int:
    """Fork a process that types ``command`` in ``place``; its id.

    No file of it may grow beyond ``largest`` bytes. Run by root, it may be another ``user``.
    """
    sys.stdout.flush()
    if child := os.fork():
        return child
    code = 70
    try:
        os.setsid()
        os.chdir(place)
        said = os.open(place.with_suffix(".said"), os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        sys.stdout = sys.stderr = open(said, "w", buffering=1)  # noqa: SIM115  # what a test replaced
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.environ["UNDERDOG_TRAINING"] = str(place / "cache")
        os.environ["UNDERDOG_STORE"] = str(place / "answers.sqlite")
        sys.argv = ["underdog", *command]
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        if user is not None and os.geteuid() == 0:
            os.setgid(user)
            os.setuid(user)
        from underdog.fronts.cli import main

        main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def wait(child: int) -> int:
    """The exit status of ``child``, an exit code or minus a signal. RuntimeError if it hangs."""
    start = time.monotonic()
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() - start > PATIENCE:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise RuntimeError("hang")
        time.sleep(0.002)
    return os.waitstatus_to_exitcode(ended[1])


def said(place: Path) -> str:
    """What the last command in ``place`` printed."""
    return place.with_suffix(".said").read_text("utf-8", "replace")


def finish(command: tuple[str, ...], place: Path) -> float:
    """Run ``command`` to its end; the seconds it took. RuntimeError if it fails."""
    start = time.monotonic()
    ended, told = wait(begin(command, place)), said(place)
    if ended or "Traceback" in told:
        raise RuntimeError(f"exit code {ended}: {told[-300:]}")
    return time.monotonic() - start


def killed(command: tuple[str, ...], place: Path, draw: random.Random, lasts: float) -> bool:
    """Kill ``command`` at a random moment; whether it was still running then."""
    child, start = begin(command, place), time.monotonic()
    moment = draw.uniform(0, lasts)
    if draw.random() < 0.5:  # while something is written
        while time.monotonic() - start < lasts and not any(place.rglob("*.underdog-new")):
            time.sleep(0.0005)
        moment = draw.uniform(0, 0.01)
    time.sleep(max(0.0, moment))
    running = not os.waitpid(child, os.WNOHANG)[0]
    if running:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    limit = time.monotonic() + 10
    while time.monotonic() < limit:  # its workers end by themselves
        try:
            os.killpg(child, 0)
        except ProcessLookupError:
            return running
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    raise RuntimeError("a worker outlived its parent")


def prepared(job: Job, place: Path, template: Path) -> None:
    """A fresh ``place`` for an attempt, from a ``template`` that holds what the job needs."""
    if not template.exists():
        template.mkdir(parents=True)
        data(template)
        for command in job.needs:
            finish(command, template)
        shutil.rmtree(template / "cache", ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place)


def again(job: Job, place: Path) -> tuple[str, ...]:
    """The command after a kill; an output that was whole by then is replaced only with --yes."""
    *_, option, out = job.command
    asks = option == "--out" and job.command[0] not in ("compare", "index")
    done = asks and (place / out).exists()
    return (*job.command, "--yes") if done else job.command


def attempt(name: str, i: int, seed: int, work: Path, expected: Any, lasts: float) -> str:
    """Kill job ``name`` once and run it again; '' if all is well, 'done' if it was not reached."""
    job, place = JOBS[name], work / name / f"try-{os.getpid()}"
    prepared(job, place, work / name / "template")
    old = job.result(place)
    draw = random.Random(f"{name} {seed} {i}")
    try:
        with asked(place) if name in ASKING else nullcontext() as log:
            running = killed(job.command, place, draw, lasts)
            if job.result(place) not in (None, old, expected):
                return "mixture: neither the old result nor the new one"
            before = paid(log, place) if log else (0, 0)
            if name != "add" or job.result(place) != expected:  # what was added is refused
                finish(again(job, place), place)
            if job.result(place) != expected:
                return "differs from a job that was never killed"
            if left := [p.name for p in place.rglob("*.underdog-old")]:
                return f"left {left}"
            if log and (wrong := miscounted(before, paid(log, place), name == "bulk")):
                return wrong
    except Exception as error:
        return f"failed: {type(error).__name__}: {error}"
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return "" if running else "done"


@contextmanager
def asked(place: Path) -> Iterator[Path]:
    """A server that answers the live study; the log of what it was asked."""
    place.mkdir(parents=True, exist_ok=True)
    from underdog.teach.synthesis.prompts import ATTRIBUTES

    cues = [["great", "p"], ["dull", "n"]]
    cues += [
        [one, f"a film {one} w{7 * i}"] for _, some in ATTRIBUTES for i, one in enumerate(some)
    ]
    script = {"replies": cues, "otherwise": "p", "delay": 0.02}
    (place / "script.json").write_text(json.dumps(script), "utf-8")
    log = place / "requests.jsonl"
    log.touch()
    arguments = [sys.executable, str(SERVER), str(place / "script.json"), str(log)]
    quiet = subprocess.DEVNULL  # clients that were killed
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=quiet, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
            with patch.dict(os.environ, OPENAI_BASE_URL=url, OPENAI_API_KEY="a-key-for-tests"):
                yield log
        finally:
            server.kill()


def paid(log: Path, place: Path) -> tuple[int, int]:
    """How many requests were billed, once none is on its way; how many replies are kept."""
    from underdog.runtime.store import Store

    billed = -1
    while billed < (now := len(log.read_text("utf-8").splitlines())):
        billed = now
        time.sleep(0.1)
    if not (place / "answers.sqlite").exists():
        return billed, 0
    store = Store(place / "answers.sqlite")
    with store.open():
        return billed, len(store)


def miscounted(killed: tuple[int, int], ended: tuple[int, int], batch: bool = False) -> str:
    """What is wrong with requests and kept replies after the kill, and at the end.

    A ``batch`` that was answered is fetched later; only its first prompt is asked by itself.
    """
    lost = killed[0] - killed[1]
    if batch:
        lost = min(lost, 1)
    if lost > WIRE:
        return f"lost: {lost} answered prompts were not kept, {WIRE} were on the wire"
    doubled = ended[0] - ended[1]
    return f"doubled: {doubled} prompts, {lost} were on the wire" if doubled > lost else ""


def run(name: str, kills: int, seed: int, work: Path, end: float = float("inf")) -> Counter[str]:
    """Kill job ``name`` until ``kills`` reached it, or it is ``end``; counts of what came of it."""
    job, place, state = JOBS[name], work / name / "whole", work / "kills.json"
    finished: dict[str, str] = json.loads(state.read_text("utf-8")) if state.exists() else {}
    counts, i, expected, lasts = Counter[str](), 0, None, 0.0
    while counts.total() - counts["done"] < kills and i < 3 * kills:
        if (key := f"{name} {seed} {i}") not in finished:
            if time.monotonic() > end:
                break
            if expected is None:
                prepared(job, place, work / name / "template")
                with asked(place) if name in ASKING else nullcontext():
                    lasts = finish(job.command, place)
                expected = job.result(place)
            finished[key] = attempt(name, i, seed, work, expected, lasts)
            state.write_text(json.dumps(finished), "utf-8")
        outcome, i = finished[key], i + 1
        if outcome not in ("", "done"):
            print(f"  {name} seed {seed} attempt {i - 1}: {outcome}")
        counts[outcome.partition(":")[0].partition(" ")[0]] += 1
    return counts


def main() -> None:
    """Kill the jobs that the arguments name, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", nargs="*", default=list(JOBS), choices=list(JOBS))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir()) / "underdog-kill")
    told = parser.parse_args()
    end = time.monotonic() + told.seconds
    warm_up(told.jobs)
    bad = 0
    print(
        f"{'job':<12}{'kills':>7}{'same bytes':>12}{'bad':>5}{'ended first':>13}   seed {told.seed}"
    )
    for name in told.jobs:
        counts = run(name, told.kills, told.seed, told.state, end)
        reached = counts.total() - counts["done"]
        wrong = reached - counts[""]
        bad += wrong
        print(f"{name:<12}{reached:>7}{counts['']:>12}{wrong:>5}{counts['done']:>13}", flush=True)
        if reached:
            tell(f"kill {name}", f"SIGKILL of {ABOUT[name]}", "100", str(reached), wrong)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
