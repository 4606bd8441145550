"""One cell of the table: how it is measured, and where its result is stored."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from underdog.runtime import files

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "contestants"
"""The folder of results, which git ignores."""

Numbers = Mapping[str, float]
"""Measured values by name: accuracy, log_loss, seconds, ..."""


@dataclass(frozen=True)
class Cell:
    """One random seed of one row: the recipe ``what`` on the data set ``on``.

    ``target`` is printed beside the result, as in ``{"accuracy": "≥ .70"}``. ``measure`` takes no
    arguments, imports what it needs, and uses the test part once.
    """

    on: str
    what: str
    seed: int
    measure: Callable[[], Numbers]
    target: Mapping[str, str]

    @property
    def row(self) -> tuple[str, str]:
        """The key that all seeds of a row share."""
        return self.on, self.what

    @property
    def path(self) -> Path:
        """The file of the result."""
        name = hashlib.sha256(repr((self.on, self.what, self.seed)).encode()).hexdigest()[:16]
        return CACHE / f"{name}.json"

    def kept(self) -> dict[str, float] | None:
        """The stored result, or None if the cell has not run."""
        if not self.path.is_file():
            return None
        numbers: dict[str, float] = json.loads(self.path.read_text("utf-8"))["numbers"]
        return numbers

    def run(self) -> None:
        """Measure, and store the result with the date and the commit."""
        numbers = dict(self.measure())
        commit = subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
        )
        record = {
            "on": self.on,
            "what": self.what,
            "seed": self.seed,
            "numbers": numbers,
            "commit": commit.stdout.strip(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        files.write(self.path, json.dumps(record, indent=1, ensure_ascii=False))
