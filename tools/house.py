"""Print docs/house.md: every module and its phrase. ``python -m tools.house > docs/house.md``."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "underdog"

HEAD = """# The house

Every module, and the one job that its name tells. `python -m tools.house` prints this page from
the modules' own first lines, and a test compares the two. Who may import whom is in
[the design](design.md).
"""


def lines() -> Iterator[str]:
    """The page, line by line."""
    yield HEAD
    for folder in sorted(p.parent for p in PACKAGE.rglob("__init__.py")):
        place = folder.relative_to(PACKAGE.parent).as_posix()
        yield f"## `{place}`\n\n{phrase(folder / '__init__.py')}\n"
        modules = [p for p in sorted(folder.glob("*.py")) if not p.name.startswith("__")]
        yield from (f"- `{module.stem}`: {phrase(module)}" for module in modules)
        if modules:
            yield ""


def phrase(module: Path) -> str:
    """The first line of a module's docstring."""
    said = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return said.partition("\n")[0]


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()))
