"""A MkDocs hook: the first page of the documentation is the README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[1] / "README.md"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The README in the place of index.md, its links as seen from the documentation."""
    if page.file.src_uri != "index.md":
        return markdown
    return README.read_text("utf-8").replace("](docs/", "](")
