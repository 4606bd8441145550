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
from pathlib import Path

RUNS, TEXTS = 50, 600
PROGRAM = Path(__file__).parents[2] / "tests" / "servers"


def kills(seeds: int) -> Iterator[list[str]]:
    """One file labelled by a live model over fifty runs, each but the last killed."""
    sys.path.insert(0, str(PROGRAM.parent))
    from servers.running import llm_server

    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = "\n".join(f"a {'great' if i % 2 else 'dull'} film {i}" for i in range(TEXTS))
        (folder / "texts.csv").write_text(f"text\n{lines}\n", "utf-8")
        with llm_server(folder / "llm", replies=[["great", "pos"], ["dull", "neg"]]) as server:
            where = {
                "OPENAI_BASE_URL": server.base_url,
                "OPENAI_API_KEY": "k",
                "UNDERDOG_STORE": str(folder / "answers.sqlite"),
            }
            words = ["label", "texts.csv", "--labels", "pos,neg", "--out", "out.csv", "--yes"]
            by = ["--by", "chat('tiny', concurrency=1)"]
            command = [sys.executable, "-m", "underdog", *words, *by]
            killed = 0
            while killed < RUNS:
                had = len(server.log)
                run = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**os.environ, **where},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                until = had + draw.randint(1, TEXTS // RUNS)
                while len(server.log) < until and run.poll() is None:
                    time.sleep(draw.random() * 0.01)
                run.send_signal(signal.SIGKILL)
                run.wait()
                killed += 1
            subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **where},
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            asked = [line["prompt"] for line in server.log]
        rows = (folder / "out.csv").read_text("utf-8").count("\n") - 1
    again, lost = len(asked) - len(set(asked)), TEXTS - rows
    on = f"SIGKILL at {RUNS} random moments, {TEXTS} texts"
    yield [on, "answers lost", "0", str(lost)]
    told = f"0 ({again} that were on their way at a kill were asked again)"
    yield [on, "kept answers paid twice", "0", told if again <= RUNS else str(again)]
