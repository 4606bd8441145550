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
import csv
import hashlib
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.hard.told import tell

SERVER = Path(__file__).parents[1] / "tests" / "servers" / "openai_server.py"
WIRE = 4
"""Requests of the live job that are on the wire at once."""

PATIENCE = 120.0
"""Seconds after which a job hangs."""


@dataclass(frozen=True)
class Job:
    """A command, what it needs, and what of its result must not depend on kills."""

    needs: tuple[tuple[str, ...], ...]
    command: tuple[str, ...]
    result: Callable[[Path], Any]


def _model(place: Path) -> Any:
    """What a model folder holds, but for the record of how it was made; None without one."""
    return _tree(place / "model")


def _tree(folder: Path) -> Any:
    """What was saved in ``folder``, but for the record of how it was made; None without one."""
    from underdog.runtime.persist import load

    if not folder.exists():
        return None
    load(folder)  # checks every hash
    tree = json.loads((folder / "model.json").read_text("utf-8"))
    arrays = (folder / "arrays.safetensors").read_bytes()
    return _without_times(tree["model"]), hashlib.sha256(arrays).hexdigest()


def _without_times(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _without_times(v) for k, v in tree.items() if k not in ("seconds", "why")}
    return [_without_times(v) for v in tree] if isinstance(tree, list) else tree


def _study(place: Path) -> Any:
    """Answers and scores of a study; None before it has any."""
    import pyarrow.parquet as pq

    folder = place / "study"
    page, told = folder / "report.html", folder / "results.json"
    if page.exists() and not page.read_text("utf-8").rstrip().endswith("</html>"):
        raise ValueError("half a report")
    if told.exists():
        json.loads(told.read_text("utf-8"))
    if not (folder / "predictions.parquet").exists():
        return None
    rows = pq.read_table(folder / "predictions.parquet").drop_columns(["dollars"]).to_pylist()
    if not page.exists():
        return None
    scores = json.loads(told.read_text("utf-8"))["contestants"]
    return rows, [{k: c[k] for k in ("spec", "scores", "intervals", "confusion")} for c in scores]


def _report(place: Path) -> Any:
    page = (place / "study" / "report.html").read_text("utf-8")
    if not page.rstrip().endswith("</html>"):
        raise ValueError("half a report")
    return page


def _labelled(place: Path) -> Any:
    out = place / "out.csv"
    if not out.exists():
        return None
    with out.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["value"], row["confidence"]) for row in csv.DictReader(file)]
    if len(rows) != ROWS:
        raise ValueError(f"{len(rows)} of {ROWS} rows")
    return rows


def _index(place: Path) -> Any:
    """What an index holds; None without one."""
    return _tree(place / "index")


def _curated(place: Path) -> Any:
    """The kept rows and what the card says, but for the day; None before there are any."""
    if not (place / "curated").exists():
        return None
    card = json.loads((place / "curated" / "card.json").read_text("utf-8"))
    if not (place / "curated" / "report.html").read_text("utf-8").rstrip().endswith("</html>"):
        raise ValueError("half a report")
    return (place / "curated" / "data.csv").read_bytes(), {**card, "date": ""}


def _judged(place: Path) -> Any:
    """The scores, and the score that was learned; None before both are there."""
    if not (place / "judged").exists():
        return None
    json.loads((place / "judged" / "results.json").read_text("utf-8"))
    grader = _tree(place / "grader")
    return None if grader is None else ((place / "judged" / "scores.csv").read_bytes(), grader)


def _annotated(place: Path) -> Any:
    """The labels that a large model gave; None before there are any."""
    out = place / "labels.csv"
    return out.read_bytes() if out.exists() and (place / "labels.card.md").exists() else None


def _repaired(place: Path) -> Any:
    """The labels that were put right; None before there are any."""
    out = place / "labels.csv"
    return out.read_bytes() if out.exists() else None


ROWS = 600
TAUGHT = "distil(bayes(), chat('tiny', concurrency=4), asks=80, choose='uncertain')"
WRITTEN = "augmented(linear(), written(chat('tiny', concurrency=4), n=120))"
INDEX = ("index", "docs", "hybrid([bm25(), bm25(b=0.2)])", "--out", "index")
FIT = ("fit", "data.csv", "linear()", "--out", "model")
COMPARE = ("compare", "data.csv", "majority()", "bayes()", "linear()", "--out", "study")
JOBS = {
    "fit": Job((), FIT, _model),
    "replace": Job((FIT,), ("fit", "data.csv", "bayes()", "--out", "model", "--yes"), _model),
    "auto": Job((), ("fit", "data.csv", "auto('10m', [bayes(), linear()])", *FIT[3:]), _model),
    "ensemble": Job((), ("fit", "data.csv", "ensemble(linear(), n=3)", *FIT[3:]), _model),
    "compare": Job((), COMPARE, _study),
    "answer": Job((FIT,), ("answer", "model", "data.csv", "--out", "out.csv"), _labelled),
    "report": Job((COMPARE,), ("report", "study"), _report),
    "live": Job(
        (), ("compare", "live.csv", "majority()", "chat('tiny', concurrency=4)", *COMPARE[-2:]),
        _study,
    ),
    "curate": Job(
        (), ("curate", "data.csv", "--by", "both(duplicates(), valued())", "--label", "label",
             "--keep", "50%", "--out", "curated"), _curated,
    ),
    "index": Job((INDEX,), INDEX, _index),
    "add": Job(
        (("index", "docs", "--out", "index"),),
        ("index", "more", "--add", "--out", "index"), _index,
    ),
    "judge": Job(
        (), ("judge", "outputs.csv", "--score", "rouge()", "--score", "learned([rouge()])",
             "--keep", "grader", "--out", "judged"), _judged,
    ),
    "label": Job(
        (), ("label", "live.csv", "--by", "chat('tiny', concurrency=4)", "--labels", "p,n",
             "--out", "labels.csv"), _annotated,
    ),
    "distil": Job((), ("fit", "live.csv", TAUGHT, "--label", "label", *FIT[3:]), _model),
    "repair": Job(
        (), ("repair", "live.csv", "--by", "chat('tiny', concurrency=4)", "--student", "bayes()",
             "--share", "0.5", "--label", "label", "--out", "labels.csv"), _repaired,
    ),
    "synthesise": Job((), ("fit", "data.csv", WRITTEN, "--out", "model"), _model),
}  # fmt: skip
ABOUT = {
    "fit": "`fit 'linear()'`",
    "replace": "`fit` over an older model",
    "auto": "`fit 'auto(…)'`",
    "ensemble": "`fit 'ensemble(…)'`",
    "compare": "`compare`",
    "answer": "`answer --out`",
    "report": "`report`",
    "live": "a live study, 4 requests on the wire: none lost, doubled ≤ those on the wire",
    "curate": "`curate`",
    "index": "`index` over an older index",
    "add": "`index --add`",
    "judge": "`judge --keep`",
    "label": "`label` by a live model: the same",
    "distil": "`fit 'distil(…, choose='uncertain')'` by a live model: the same",
    "repair": "`repair` by a live model: the same",
    "synthesise": "`fit 'augmented(…, written(…))'` by a live model: the same",
}
"""Each job in words."""

ASKING = ("live", "label", "distil", "repair", "synthesise")
"""Jobs that ask a large model."""


def data(place: Path) -> None:
    """Write the training file, the smaller one of what is live, outputs to judge, documents."""
    draw = random.Random(0)
    words = {"p": ["great", "lovely", "warm", "bright"], "n": ["dull", "poor", "weak", "flat"]}
    for name, n in (("data.csv", ROWS), ("live.csv", 150)):
        with (place / name).open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("text", "label"))
            for i in range(n):
                mood = draw.choice("pn")
                said = mood if draw.random() < 0.9 else "pn"[mood == "p"]
                noise = " ".join(f"w{draw.randrange(400)}" for _ in range(9))
                table.writerow((f"a {draw.choice(words[mood])} film {noise} number {i}", said))
    with (place / "outputs.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("output", "reference", "rating"))
        for i in range(200):
            said, right = (" ".join(draw.choices("abcdefgh", k=8)) for _ in range(2))
            table.writerow((f"{said} {i}", right, len({*said} & {*right})))
    for folder in ("docs", "more"):
        (place / folder).mkdir()
        for i in range(40):
            lines = [" ".join(f"w{draw.randrange(900)}" for _ in range(60)) for _ in range(20)]
            (place / folder / f"{i}.md").write_text(".\n\n".join(lines), "utf-8")


def warm_up() -> None:
    """Load what the jobs need, once for all forks."""
    import bm25s
    import cleanlab.filter
    import openai
    import pyarrow.parquet
    import sklearn.svm

    import underdog.fronts.cli.app
    import underdog.report.page
    import underdog.study

    assert all((bm25s, cleanlab.filter, openai, pyarrow.parquet, sklearn.svm))
    import underdog.fronts.curating
    import underdog.models.linear.recipe

    assert all((underdog.fronts.cli.app, underdog.report.page, underdog.study))


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
            if log and (wrong := miscounted(before, paid(log, place))):
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


def miscounted(killed: tuple[int, int], ended: tuple[int, int]) -> str:
    """What is wrong with requests and kept replies after the kill, and at the end."""
    lost = killed[0] - killed[1]
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
    warm_up()
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
