"""Fill the numbers of README.md and docs/ from benchmarks/results: ``python -m tools.numbers``.

A page holds blocks, ``<!-- numbers: NAME -->`` to ``<!-- end -->``. A block is made from
benchmarks/results/NAME.json, which a benchmark wrote: either from its table (``header`` and
``rows``), or by putting its ``values`` into tools/templates/NAME.md. A test compares the two.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS, TEMPLATES = ROOT / "benchmarks" / "results", ROOT / "tools" / "templates"
BLOCK = re.compile(r"(<!-- numbers: (\S+) -->\n).*?(<!-- end -->)", re.S)


def pages() -> Iterator[Path]:
    """Every page that may hold numbers."""
    yield ROOT / "README.md"
    yield from sorted((ROOT / "docs").glob("*.md"))


def filled(page: str) -> str:
    """``page`` with every block made again from its result; `LookupError` if one is missing."""
    return BLOCK.sub(lambda found: f"{found[1]}{block(found[2])}\n{found[3]}", page)


def block(name: str) -> str:
    """The Markdown of one block."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        raise LookupError(f"no result called {name}: run the benchmark that writes {path.name}")
    result = json.loads(path.read_text("utf-8"))
    if "rows" in result:
        return table(result)
    template = (TEMPLATES / f"{name}.md").read_text("utf-8").rstrip("\n")
    return template.format(**result["values"], command=result["command"])


def table(result: dict[str, Any]) -> str:
    """The Markdown table of a result: ``header``, ``align`` (``l`` or ``r`` a column), ``rows``."""
    rules = ["--:" if side == "r" else "---" for side in result["align"]]
    lines = [" | ".join(cells) for cells in (result["header"], *result["rows"])]
    return "\n".join([f"| {lines[0]} |", f"|{'|'.join(rules)}|", *(f"| {x} |" for x in lines[1:])])


def main() -> None:
    """Rewrite the pages whose numbers have changed, and name them."""
    for page in pages():
        old = page.read_text("utf-8")
        if (new := filled(old)) != old:
            page.write_text(new, "utf-8")
            sys.stdout.write(f"updated {page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
