"""What `import underdog` costs in a fresh process. ``python -m benchmarks.startup``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.data import table

HEAVY = ("torch", "sklearn", "scipy", "openai", "anthropic", "transformers", "pyarrow")
PROGRAM = f"""
import sys, time
start = time.perf_counter()
import underdog
print(time.perf_counter() - start, *[m for m in {HEAVY} if m in sys.modules])
"""
TIMES = 11


def tables() -> Iterator[str]:
    """The median of eleven fresh processes, and which heavy libraries they loaded."""
    said = [
        subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
        for _ in range(TIMES)
    ]
    words = [done.stdout.split() for done in said]
    loaded = sorted({name for line in words for name in line[1:]})
    yield table(
        "import underdog in a fresh process",
        ["what", "target", "reached"],
        [
            ["seconds (median of 11)", "≤ .3", f"{median(float(line[0]) for line in words):.3f}"],
            ["heavy libraries loaded", "none", ", ".join(loaded) or "none"],
        ],
    )


def main() -> None:
    """Print the tables."""
    for shown in tables():
        print(shown, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
