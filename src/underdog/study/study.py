"""A finished comparison, and how it is shown and saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..report import html
from ..runtime import files
from . import results
from .outcome import Outcome


class Study(Outcome):
    """An `Outcome` that can be shown and saved."""

    def results(self) -> dict[str, Any]:
        """Everything but the single answers, as plain data: what results.json holds."""
        return results.results(self)

    def report(self, path: Path | str) -> None:
        """Write one self-contained HTML page to ``path``."""
        files.check_file(Path(path))
        files.write(Path(path), html(self.results()))

    def save(self, folder: Path | str) -> None:
        """Write report.html, results.json, leaderboard.md and predictions.parquet to ``folder``."""
        results.save(self, Path(folder))
