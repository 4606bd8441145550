"""Results that README and docs quote, one JSON file each; `keep` writes them.

A file holds the command that printed the numbers, the date, and either named ``values`` or a table.
A benchmark writes its file when it is run with ``--keep``: times that are measured on a busy
machine should not get into a document by accident. ``python -m tools.numbers`` fills the documents.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent


def keep(name: str, command: str, values: dict[str, str]) -> None:
    """Write ``values``, as they shall be printed, to NAME.json, if ``--keep`` was typed."""
    if "--keep" not in sys.argv:
        return
    result = {"command": command, "date": date.today().isoformat(), "values": values}
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, "utf-8")
