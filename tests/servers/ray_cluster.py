"""A real Ray cluster of one machine, for tests: nothing of it is left when the block ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

import underdog

OPTIONS = (
    "--head",
    "--port=0",
    "--include-dashboard=false",
    "--disable-usage-stats",
    "--object-store-memory=100000000",
    "--block",
)


@dataclass(frozen=True)
class RayCluster:
    """A running cluster: ``address`` is what UNDERDOG_RAY should be."""

    address: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End all of it at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        everyone = [p for p in psutil.process_iter() if _of(p) == self.process.pid]
        psutil.wait_procs(everyone, timeout=10)


@contextmanager
def ray_cluster(path: str, cores: int = 2) -> Iterator[RayCluster]:
    """A cluster with ``cores``, whose workers find modules in the folder ``path`` too.

    They import the underdog that the test imports, wherever the program ``ray`` is from.
    """
    # short, because the names of its sockets may not be long
    folder = Path(tempfile.mkdtemp(prefix="ray"))
    ray = Path(sys.executable).with_name("ray")
    sources = [path, str(Path(underdog.__file__).parents[1])]
    found = folder / "ray_current_cluster"
    own = {"PYTHONPATH": os.pathsep.join(sources), "RAY_USAGE_STATS_ENABLED": "0"}
    own["RAY_AUTH_MODE"] = "disabled"  # else the token of another cluster in the home is asked for
    process = subprocess.Popen(
        [ray, "start", *OPTIONS, f"--num-cpus={cores}", f"--temp-dir={folder}"],
        env={**os.environ, **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    cluster = None
    try:
        deadline = time.monotonic() + 180
        while not (address := _told(found)):
            assert time.monotonic() < deadline, "ray start did not start"
            time.sleep(0.05)
        cluster = RayCluster(address, process)
        yield cluster
    finally:
        (cluster or RayCluster("", process)).kill()
        shutil.rmtree(folder, ignore_errors=True)


def _told(file: Path) -> str:
    """The address in ``file``; nothing until it is written, which is later than it is there."""
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""


def _of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None
