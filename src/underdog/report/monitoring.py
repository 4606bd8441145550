"""What monitoring found, as one self-contained HTML page without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import rendered


def html(found: Mapping[str, Any], model: str, file: str) -> str:
    """The page on ``found``, which is `underdog.evaluate.monitor.Drift` as plain data."""
    return rendered("monitor.html.j2", found=found, model=model, file=file)
