"""Finished pieces of a study, kept on disk until the whole is done, so that none is done twice."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..core.errors import UnderdogError
from ..wiring.persist import load, save

T = TypeVar("T")


@dataclass(frozen=True)
class Cells:
    """A folder of finished work, by what it was done on. Without a ``folder`` nothing is kept."""

    folder: Path | None

    def get(self, key: tuple[object, ...], work: Callable[[], T]) -> T:
        """What ``work`` gave when ``key`` was last asked for, or what it gives now."""
        if self.folder is None:
            return work()
        place = self.folder / hashlib.sha256(repr(key).encode()).hexdigest()[:24]
        if place.exists():
            try:
                kept: T = load(place)
                return kept
            except UnderdogError:
                shutil.rmtree(place)  # written by another version: done again below
        done = work()
        save(done, place)
        return done

    def clear(self) -> None:
        """Forget everything: the study is complete, and a new one is to be measured afresh."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
