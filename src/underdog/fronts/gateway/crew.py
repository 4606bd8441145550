"""What the workers of one port tell each other: each leaves its counts in a folder of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .metrics import Tally

TELL = 1.0
"""Seconds between two moments at which a worker leaves its counts."""


class Crew:
    """The counts of the workers in ``folder``, of which this process is number ``worker``."""

    def __init__(self, folder: Path, worker: int) -> None:
        self._folder = folder
        self._mine = folder / f"{worker}.json"

    def tell(self, tally: Tally) -> None:
        """Leave the counts of this worker; what a reader finds is always whole."""
        fresh = self._mine.with_suffix(".new")
        with suppress(OSError):  # the disk is full: the counts of a moment ago stay
            fresh.write_text(json.dumps(tally), "utf-8")
            fresh.replace(self._mine)

    def before(self) -> Tally | None:
        """The counts of the worker that this one replaces; None for the first one."""
        return _read(self._mine)

    def others(self) -> Iterator[Tally]:
        """The counts of all other workers."""
        for path in sorted(self._folder.glob("*.json")):
            if path != self._mine and (found := _read(path)) is not None:
                yield found


def _read(path: Path) -> Tally | None:
    try:
        found: Tally = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found
