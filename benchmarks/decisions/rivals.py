"""shad0w and Jevstiller, as they are, on the same recorded answers, halves and vectors.

They run from an environment of their own under the cache folder, which is made on the first run.
shad0w gets the words, or the vectors in its own buckets; Jevstiller gets the vectors. Both have
their own defaults, but for the limit and delta: Jevstiller fits to 85 % of its limit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from benchmarks.decisions import sets
from benchmarks.decisions.coverage import ASKED, DELTA, LIMIT, judged, told
from benchmarks.deferral import minilm
from underdog.core.data import Dataset

PACKAGES = ("shad0wllm[compile]==0.4.0", "jevstiller==0.5.3")
SYSTEMS = {
    "shad0w": "local: shad0w 0.4 table",
    "shad0w-vectors": "local: shad0w 0.4 table over the vectors",
    "jevstiller": "all: Jevstiller 0.5.3",
}
SCRIPT = Path(__file__).with_name("rival_script.py")


@dataclass(frozen=True)
class Ran:
    """What a rival said of each text, None where the teacher answered, and its CPU seconds."""

    said: list[str | None]
    seconds: float


@cache
def python() -> Path | None:
    """The interpreter of the rivals' environment, made if need be; None where it cannot be."""
    home = minilm.cache() / "decision-rivals"
    program, done = home / "bin" / "python", home / "complete"
    if not done.is_file():
        pip = [str(program), "-m", "pip", "install", "--quiet", *PACKAGES]
        for command in ([sys.executable, "-m", "venv", str(home)], pip):
            if subprocess.run(command, capture_output=True, check=False).returncode:
                return None
        done.touch()
    return program


def run(system: str, name: str, split: sets.Split, delta: float = DELTA) -> Ran:
    """One rival on one split of a set."""
    known = {} if system == "shad0w" else sets.vectors(name)  # that one reads words alone
    none = np.zeros(384, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        for part, data in (("train", split.ours), ("test", split.test)):
            file = Path(folder, f"{part}.json")
            file.write_text(json.dumps(_plain(data)), "utf-8")
            rows = [known.get(text, none) for text in data.texts]
            np.save(file.with_suffix(".npy"), np.stack(rows) if rows else np.zeros((0, 384)))
        command = [str(python()), str(SCRIPT), folder, system, str(LIMIT), str(delta)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        ran = subprocess.run(
            [*command, str(split.seed)],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if ran.returncode:
            raise RuntimeError(f"{system} failed:\n{ran.stderr[-2000:]}")
        return Ran(**json.loads(Path(folder, "said.json").read_text("utf-8")))


def beside(name: str, system: str) -> list[str]:
    """The line of one rival on one set."""
    what = f"{SYSTEMS[system]}, 5 %, δ .1"
    if python() is None:
        return [name, what, "", "skipped: cannot be installed here"]
    found, seconds = [], []
    for split in sets.halves(name):
        key = f"{system} {name} {split.seed} {LIMIT} {DELTA}"
        ran = Ran(*sets.kept(key, lambda s=split: astuple(run(system, name, s))))
        places = {label: k for k, label in enumerate(split.test.task.labels)}
        said = np.array([-1 if one is None else places[one] for one in ran.said])
        found.append(judged(split.test, said, LIMIT, total=system == "jevstiller"))
        seconds.append(ran.seconds)
    return [name, what, "", f"{told(found)}; {np.mean(seconds):.1f} CPU s"]


def _plain(data: Dataset) -> dict[str, list[str]]:
    said = [str(a) for a in data.columns["teacher"]]
    return {"texts": [str(t) for t in data.texts], "said": said, "labels": [*data.task.labels]}


ROWS: dict[str, Callable[[], Sequence[object]]] = {
    f"{system}_{name.lower()}": partial(beside, name, system)
    for name in ASKED
    for system in SYSTEMS
}
