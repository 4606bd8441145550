"""The package tracer-llm, as it is, on OVERRULING with GPT-4's answers.

Run from an environment of its own under the cache folder, made on the first run, because it asks
for an older numpy than ours. It gets MiniLM embeddings, ours gets words. Its search leaves out
other targets and, by its own option, gradient boosting, which took twelve minutes and never won.

    python -m benchmarks.deferral.tracer
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.data import table
from benchmarks.deferral.cascades import LARGE, halves, overruling
from benchmarks.deferral.minilm import cache, embeddings, installed
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.linear.recipe import Linear
from underdog.models.recorded import Recorded
from underdog.teach.deferral.frugal import Frugal

VERSION = "0.3.3"
TARGET = 0.95
SPLITS = 3

SCRIPT = """
import json, sys
import numpy as np
from tracer.api import fit
from tracer.config import FitConfig
from tracer.runtime.router import Router
folder, target = sys.argv[1], float(sys.argv[2])
config = FitConfig(
    target_teacher_agreement=target,
    frontier_targets=(target,),
    skip_candidates=("gbt",),
    verbose=False,
)
X = np.load(folder + "/train.npy")
fit(folder + "/traces.jsonl", folder + "/fitted", embeddings=X, config=config)
try:
    got = Router.load(folder + "/fitted").predict_batch(np.load(folder + "/test.npy"))
    said = [a if h else None for a, h in zip(got["labels"], got["handled"])]
except ValueError as error:
    if "No router is deployed" not in str(error):
        raise
    said = [None] * len(np.load(folder + "/test.npy"))
json.dump(said, open(folder + "/said.json", "w"))
"""


def python() -> Path | None:
    """The interpreter of tracer's environment, which is made if need be; None where it cannot."""
    home = cache() / f"tracer-llm-{VERSION}"
    program, done = home / "bin" / "python", home / "complete"
    if not done.is_file():
        pip = [str(program), "-m", "pip", "install", "--quiet", f"tracer-llm=={VERSION}"]
        for command in ([sys.executable, "-m", "venv", str(home)], pip):
            if subprocess.run(command, capture_output=True, check=False).returncode:
                return None
        done.touch()
    return program


def routed(program: Path, train: Dataset, test: Dataset) -> list[str | None]:
    """What tracer says of the test texts; None where it defers."""
    vectors = dict(zip(overruling()[0].texts, embeddings(list(_texts())), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name, part in (("train", train), ("test", test)):
            np.save(here / f"{name}.npy", np.stack([vectors[text] for text in part.texts]))
        lines = [
            json.dumps({"input": text, "teacher": label})
            for text, label in zip(train.texts, train.labels, strict=True)
        ]
        (here / "traces.jsonl").write_text("\n".join(lines) + "\n")
        command = [str(program), "-c", SCRIPT, folder, str(TARGET)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if ran.returncode:
            raise RuntimeError(f"tracer-llm failed:\n{ran.stderr}")
        said: list[str | None] = json.loads((here / "said.json").read_text())
    return said


def _named(data: Dataset) -> Dataset:
    """The rows to which GPT-4 gave a label at all: all but three."""
    return data.take(data.targets >= 0)


def _texts() -> Iterator[str]:
    yield from (str(text) for text in overruling()[0].texts)


def ours(train: Dataset, test: Dataset, seed: int) -> list[str | None]:
    """What frugal's small model says of the test texts; None where it defers, or refuses."""
    recipe = Frugal(Linear(), Recorded(LARGE), risk=1 - TARGET, against="large")
    try:
        answers = recipe.fit(train, seed).answer(test.texts)
    except UnderdogError:
        return [None] * len(test)
    rows = zip(answers.values, answers.paths, strict=True)
    return [None if LARGE in path else value for value, path in rows]


def line(name: str, splits: list[list[str | None]], tests: list[Dataset]) -> list[str]:
    """Coverage, agreement where handled, and how often that fell short of the target."""
    coverage, agreement, overall = [], [], []
    for said, test in zip(splits, tests, strict=True):
        same = [a == b for a, b in zip(said, test.labels, strict=True) if a is not None]
        coverage.append(len(same) / len(test))
        agreement.append(float(np.mean(same)) if same else 1.0)
        overall.append(1 - (len(same) - sum(same)) / len(test))
    short = sum(a < TARGET for a in agreement)
    means = [f"{100 * np.mean(x):.1f}" for x in (coverage, agreement, overall)]
    return [name, *means, f"{short} of {len(tests)}"]


def tables() -> Iterator[str]:
    """The table of this file, or why there is none."""
    title = f"OVERRULING, GPT-4's answers, a guarantee of {TARGET:.0%} agreement, {SPLITS} halves"
    program = python() if installed() else None
    if program is None:
        yield f"## {title}\n\nskipped: tracer-llm {VERSION} or the MiniLM encoder is not here"
        return
    data, _ = overruling()
    labelled = data.relabelled([str(x).strip() for x in data.archive.columns[LARGE]])
    halved = [tuple(_named(labelled.take(rows)) for rows in halves(seed)) for seed in range(SPLITS)]
    tests = [test for _, test in halved]
    theirs = [routed(program, train, test) for train, test in halved]
    mine = [ours(train, test, seed) for seed, (train, test) in enumerate(halved)]
    yield table(
        title,
        ["", "handled %", "agrees, handled %", "agrees, all %", "short of target"],
        [
            line(f"tracer-llm {VERSION}, MiniLM", theirs, tests),
            line("frugal(linear(), gpt-4, risk=0.05)", mine, tests),
        ],
    )


def main() -> None:
    for text in tables():
        print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
