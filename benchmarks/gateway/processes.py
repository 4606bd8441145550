"""Programs that listen on loopback: started, found by the port that they print, and ended."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

TOKEN = "benchmark-token"


@dataclass
class Program:
    """A running program: where it listens, and what it takes."""

    port: int
    process: subprocess.Popen[str]

    @property
    def megabytes(self) -> float:
        """Memory that is its own or shared, in MB."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def tasks(self) -> list[dict[str, Any]]:
        """The tasks of a gateway."""
        address = f"http://127.0.0.1:{self.port}/underdog/tasks"
        asked = urllib.request.Request(address, headers={"x-underdog-token": TOKEN})
        with urllib.request.urlopen(asked) as reply:
            found: list[dict[str, Any]] = json.load(reply)["tasks"]
        return found


@contextmanager
def program(*words: str) -> Iterator[Program]:
    """``python -m`` with these words, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = re.search(r"(\d+)(?:/v1)?\s*$", line)
        assert port, line
        yield Program(int(port[1]), process)
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def recorded(replies: Mapping[str, str], *more: str) -> Iterator[Program]:
    """An upstream that replies ``replies``, by text; ``more`` are its port and share of faults."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "replies.json"
        file.write_text(json.dumps(dict(replies)), "utf-8")
        with program("benchmarks.gateway.upstream", str(file), *more) as found:
            yield found


@contextmanager
def gateway(
    upstream: Program | None, *options: str, store: Path | None = None
) -> Iterator[Program]:
    """A gateway, with the usual settings but for ``options``; ``store`` is kept, if given."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["underdog", "serve", "--port", "0", "--token", TOKEN, *options]
        words += ["--store", str(store or f"{folder}/gateway.sqlite")]
        if upstream is not None:
            words += ["--upstream", f"http://127.0.0.1:{upstream.port}/v1"]
        with program(*words) as found:
            time.sleep(0.5)
            yield found
