"""A finished comparison, and how it is shown and saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.errors import UnderdogError
from ..report import html
from ..report.notebook import fragment, rows
from ..runtime import files
from . import results
from .outcome import Outcome


class Study(Outcome):
    """An `Outcome` that can be shown and saved."""

    def results(self) -> dict[str, Any]:
        """Everything but the single answers, as plain data: what results.json holds."""
        return results.results(self)

    def __repr__(self) -> str:
        models = ", ".join(summary.spec for summary in self.summaries)
        return f"<Study of {self.name}: {self.verdict.decision}; {models}>"

    def _repr_html_(self) -> str:
        return fragment(self.results())

    def leaderboard(self) -> list[dict[str, Any]]:
        """A row per contestant, the most accurate first: scores, intervals, difference, prices."""
        return [*rows(self.results())]

    def to_frame(self) -> Any:
        """The leaderboard as a pandas DataFrame; `UnderdogError` if pandas is not installed."""
        try:
            from pandas import DataFrame
        except ImportError as error:
            raise UnderdogError("pandas is not installed", "pip install pandas") from error
        return DataFrame(self.leaderboard())

    def report(self, path: Path | str) -> None:
        """Write one self-contained HTML page to ``path``."""
        files.check_file(Path(path))
        files.write(Path(path), html(self.results()))

    def save(self, folder: Path | str) -> None:
        """Write report.html, results.json, leaderboard.md and the predictions to ``folder``."""
        results.save(self, Path(folder))
