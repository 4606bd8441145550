"""How long a fresh install of the core takes, how large it is, and how many packages it brings.

``python -m benchmarks.install`` makes a virtual environment in a temporary folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
TOOLS = {"pip", "setuptools", "wheel"}
"""What every virtual environment has."""


def main() -> None:
    """Install, and print a line for each quantity."""
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        started = perf_counter()
        command = [python, "-m", "pip", "install", "--quiet", str(ROOT)]
        subprocess.run(command, check=True)
        seconds = perf_counter() - started
        listed = subprocess.check_output([python, "-m", "pip", "list", "--format=json"])
        names = {package["name"] for package in json.loads(listed)} - TOOLS
        places = [p for p in Path(folder).rglob("*") if p.is_file() and not p.is_symlink()]
        size = sum(p.stat().st_size for p in places)
    print(f"seconds   {seconds:.1f}")
    print(f"megabytes {size / 1e6:.0f}, with pip")
    print(f"packages  {len(names)}: {', '.join(sorted(names))}")


if __name__ == "__main__":
    main()
