"""Every table about who answers, in one command: ``python -m benchmarks.deferral``.

The parts run side by side, two at a time, each on one thread, and are printed in a fixed order;
nothing in a table is timed, so two runs print the same bytes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from benchmarks.data import root

PARTS = ("streams", "routellm", "certificates", "drift", "cascades", "tracer")
"""The longest first."""

SHOWN = ("certificates", "routellm", "streams", "drift", "cascades", "tracer")


def run(part: str) -> tuple[str, int]:
    """What one part prints, and how it ended; its warnings go to our standard error."""
    command = [sys.executable, "-m", f"benchmarks.deferral.{part}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environment)
    return ran.stdout, ran.returncode


def main() -> int:
    """Print the tables; the exit code is that of the first part that failed."""
    root()
    with ThreadPoolExecutor(2) as pool:
        runs = dict(zip(PARTS, pool.map(run, PARTS), strict=True))
    for part in SHOWN:
        print(runs[part][0], end="", flush=True)
    return next((code for _, code in runs.values() if code), 0)


if __name__ == "__main__":
    sys.exit(main())
