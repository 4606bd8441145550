"""Programs of others, each in an environment of its own below the temporary folder."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def own(package: str) -> Path | None:
    """The folder of the programs of an environment that holds ``package``; None without it."""
    name = package.partition("[")[0].partition("=")[0]
    here = Path(tempfile.gettempdir()) / f"underdog-bench-{name}"
    done = here / "complete"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(here)], check=True)
        pip = [str(here / "bin" / "python"), "-m", "pip", "install", "--quiet", package]
        if subprocess.run(pip, capture_output=True).returncode:
            return None
        done.touch()
    return here / "bin"
