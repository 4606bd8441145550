"""A MkDocs hook: pages that are made when the documentation is built, and are not written twice.

The first page is the README, the reference pages are printed by the code, the tutorial is a
notebook.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorial.ipynb"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The content of a page that is made; any other page as it is."""
    name = page.file.src_uri
    if name == "index.md":  # its links as seen from the documentation
        return README.read_text("utf-8").replace("](docs/", "](")
    if name == "tutorial.md":
        return tutorial()
    sys.path.insert(0, str(ROOT))
    from tools import reference

    return reference.page(reference.FILLED[name]) if name in reference.FILLED else markdown


def tutorial() -> str:
    """The notebook as a page: its text, and its code in blocks."""
    parts = []
    for cell in json.loads(TUTORIAL.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        parts.append(f"```python\n{source}\n```" if cell["cell_type"] == "code" else source)
    link = "This page is a notebook: [tutorial.ipynb](tutorial.ipynb)."
    return "\n\n".join([parts[0], link, *parts[1:]]) + "\n"
