"""Labelling runs that are killed at random moments: what was paid twice, what was lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.arms import arm

PARTS, RUNS, TEXTS = 5, 10, 120
"""Files that are labelled, runs of each that are killed, and texts of each."""

PROGRAM = Path(__file__).parents[2] / "tests" / "servers"


def kills() -> Iterator[list[str]]:
    """Five files labelled by a live model, each over eleven runs of which ten are killed."""
    found = np.array([arm(f"kills {part} {RUNS} {TEXTS}", partial(_killed, part))
                      for part in range(PARTS)])  # fmt: skip
    lost, again = found.sum(axis=0).astype(int).tolist()
    on = f"SIGKILL at {PARTS * RUNS} random moments, {PARTS * TEXTS} texts"
    yield [on, "answers lost", "0", str(lost)]
    told = f"0 ({again} that were on their way at a kill were asked again)"
    yield [on, "kept answers paid twice", "0", told if again <= PARTS * RUNS else str(again)]


def _killed(part: int) -> list[int]:
    """Answers that are missing in the end, and prompts that were asked more than once."""
    sys.path.insert(0, str(PROGRAM.parent))
    from servers.running import llm_server

    draw = random.Random(part)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = "\n".join(f"a {'great' if i % 2 else 'dull'} film {i}" for i in range(TEXTS))
        (folder / "texts.csv").write_text(f"text\n{lines}\n", "utf-8")
        with llm_server(folder / "llm", replies=[["great", "pos"], ["dull", "neg"]]) as server:
            for _ in range(RUNS):
                had, run = len(server.log), _labelling(folder, server.base_url)
                until = had + draw.randint(1, TEXTS // RUNS)
                while len(server.log) < until and run.poll() is None:
                    time.sleep(draw.random() * 0.01)
                run.send_signal(signal.SIGKILL)
                run.wait()
            assert _labelling(folder, server.base_url).wait() == 0
            asked = [line["prompt"] for line in server.log]
        rows = (folder / "out.csv").read_text("utf-8").count("\n") - 1
    return [TEXTS - rows, len(asked) - len(set(asked))]


def _labelling(folder: Path, address: str) -> subprocess.Popen[bytes]:
    """The command, as a process."""
    words = ["label", "texts.csv", "--labels", "pos,neg", "--out", "out.csv", "--yes"]
    where = {
        "OPENAI_BASE_URL": address,
        "OPENAI_API_KEY": "k",
        "UNDERDOG_STORE": str(folder / "answers.sqlite"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "underdog", *words, "--by", "chat('tiny', concurrency=1)"],
        cwd=folder,
        env={**os.environ, **where},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
