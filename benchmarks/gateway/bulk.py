"""A large file answered from the command line: texts a second, memory, and a killed run."""

from __future__ import annotations

import csv
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.scale import texts

FITTED = 3_000
POLL = 0.05


def answered(rows: int) -> list[str]:
    """A line of the table: a Parquet file of ``rows`` short texts, answered by `linear()`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        some, labels = texts(rows)
        pq.write_table(pa.table({"text": some}), here / "big.parquet")
        with (here / "train.csv").open("w", encoding="utf-8", newline="") as file:
            rest = zip(some[:FITTED], labels[:FITTED], strict=True)
            csv.writer(file).writerows([("text", "label"), *rest])
        _run(here, "fit", "train.csv", "linear()", "--out", "model")
        seconds, peak = _run(here, "answer", "model", "big.parquet", "--out", "whole.parquet")
        _run(here, "answer", "model", "big.parquet", "--out", "killed.parquet",
             until=lambda spent: spent > seconds / 2)  # fmt: skip
        _run(here, "answer", "model", "big.parquet", "--out", "killed.parquet")
        same = _values(here / "whole.parquet") == _values(here / "killed.parquet")
    return [
        f"`underdog answer`, {rows:,} short texts in Parquet, `linear()`",
        f"one process; {os.cpu_count()} cores",
        "≥ 40,000 texts/s on 2 cores, ≤ 1 GB; killed and resumed, the same",
        f"{rows / seconds:,.0f} texts/s, {peak / 1e9:.2f} GB; killed after half of the time and "
        f"resumed: {'the same answers' if same else 'OTHER ANSWERS'}",
    ]


def _run(
    here: Path, *words: str, until: Callable[[float], bool] = lambda spent: False
) -> tuple[float, int]:
    """Seconds and peak memory in bytes of a command, which is killed once ``until`` says so."""
    began, peak = time.perf_counter(), 0
    command = [sys.executable, "-m", "underdog", *words, "--quiet"]
    process = subprocess.Popen(command, cwd=here, stdout=subprocess.DEVNULL)
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        if until(time.perf_counter() - began):
            process.send_signal(signal.SIGKILL)
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(POLL)
    if process.wait() not in (0, -signal.SIGKILL):
        raise RuntimeError(f"underdog {' '.join(words)} ended with {process.returncode}")
    return time.perf_counter() - began, peak


def _values(file: Path) -> str:
    """A hash of the texts and their answers; what they cost differs from run to run."""
    import pyarrow.parquet as pq

    table = pq.read_table(file, columns=["text", "value", "confidence", "path"])
    return hashlib.sha256(repr(table.to_pydict()).encode()).hexdigest()
