"""What monitoring found, as one self-contained HTML page without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..core.data import clean
from .page import CONTROL, environment, static


def html(found: Mapping[str, Any], model: str, file: str) -> str:
    """The page on ``found``, which is `underdog.evaluate.monitor.Drift` as plain data."""
    page = environment().get_template("monitor.html.j2")
    said = page.render(found=found, model=model, file=file, style=Markup(static("report.css")))
    return clean(said.replace("\r\n", "\n").translate(CONTROL))
