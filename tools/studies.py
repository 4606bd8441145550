"""Fill docs/studies.md with what the studies wrote: ``python -m tools.studies FOLDER FOLDER``."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "studies.md"
PLACE = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- end -->)", re.S)
"""A place for a table, by how its title begins."""


def filled(page: str, printed: dict[str, str]) -> str:
    """``page`` with every table that was printed in its place; other places stay as they are."""

    def fill(place: re.Match[str]) -> str:
        start, title, end = place.groups()
        found = [body for name, body in printed.items() if name.startswith(title)]
        return f"{start}{found[0]}\n{end}" if found else place.group()

    return PLACE.sub(fill, page)


def tables(text: str) -> dict[str, str]:
    """The tables of a tables.md with what is said below them, by title."""
    parts = re.split(r"^## ", text, flags=re.M)[1:]
    return {title: body.strip() for title, _, body in (part.partition("\n") for part in parts)}


def main() -> None:
    """Fill the page from the folders that were named, and put their plots beside it."""
    printed: dict[str, str] = {}
    (PAGE.parent / "plots").mkdir(exist_ok=True)
    for folder in map(Path, sys.argv[1:]):
        printed |= tables((folder / "tables.md").read_text("utf-8"))
        for plot in folder.glob("*.svg"):
            shutil.copy(plot, PAGE.parent / "plots" / plot.name)
    PAGE.write_text(filled(PAGE.read_text("utf-8"), printed), "utf-8")


if __name__ == "__main__":
    main()
