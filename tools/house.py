"""Print docs/house.md: every module and its phrase. ``python -m tools.house > docs/house.md``."""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "underdog"

HEAD = """# The house

Every module, and the one job that its name tells. `python -m tools.house` prints this page from
the modules' own first lines, and a test compares the two. Who may import whom is in
[the design](design.md).
"""

BEFORE = {tokenize.ENCODING, tokenize.COMMENT, tokenize.NL}
"""What may stand before a module's docstring."""


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
    with module.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.STRING:
                return str(ast.literal_eval(token.string)).partition("\n")[0]
            if token.type not in BEFORE:
                break
    return ""


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()))
