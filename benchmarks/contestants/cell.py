"""One number of the table, how it is measured, and where it is kept."""

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
"""Where results are kept; git does not."""

Numbers = Mapping[str, float]
"""What was measured, by name: accuracy, log_loss, seconds …"""


@dataclass(frozen=True)
class Cell:
    """One seed of one row: contestant ``what`` on the data set ``on``.

    ``target`` is said beside it, as ``{"accuracy": "≥ .70"}``. ``measure`` is called without
    arguments when the cell is due, imports what it needs, and touches the test part once.
    """

    on: str
    what: str
    seed: int
    measure: Callable[[], Numbers]
    target: Mapping[str, str]

    @property
    def row(self) -> tuple[str, str]:
        """What the seeds of a row have in common."""
        return self.on, self.what

    @property
    def path(self) -> Path:
        """The file of the result."""
        name = hashlib.sha256(repr((self.on, self.what, self.seed)).encode()).hexdigest()[:16]
        return CACHE / f"{name}.json"

    def kept(self) -> dict[str, float] | None:
        """The numbers, if the cell was run."""
        if not self.path.is_file():
            return None
        numbers: dict[str, float] = json.loads(self.path.read_text("utf-8"))["numbers"]
        return numbers

    def run(self) -> None:
        """Measure, and keep the numbers with the day and the commit they belong to."""
        numbers = dict(self.measure())
        commit = subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
        )
        said = {
            "on": self.on,
            "what": self.what,
            "seed": self.seed,
            "numbers": numbers,
            "commit": commit.stdout.strip(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        files.write(self.path, json.dumps(said, indent=1, ensure_ascii=False))
