"""Finished pieces of a study, kept on disk until the whole is done, so that none is done twice."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..core.errors import UnderdogError
from ..runtime.persist import load, save

T = TypeVar("T")


@dataclass(frozen=True)
class Cells:
    """A folder of finished work, by what it was done on. Without a ``folder`` nothing is kept."""

    folder: Path | None

    def get(self, key: tuple[object, ...], work: Callable[[], T]) -> T:
        """What ``work`` gave when ``key`` was last asked for, or what it gives now."""
        if self.folder is None:
            return work()
        kept: T | None = self.kept(key)
        if kept is None:
            kept = work()
            save(kept, self._place(self.folder, key))
        return kept

    def kept(self, key: tuple[object, ...]) -> Any:
        """What was kept of ``key``, or None."""
        if self.folder is None or not (place := self._place(self.folder, key)).exists():
            return None
        try:
            return load(place)
        except UnderdogError:
            shutil.rmtree(place)  # written by another version: to be done again
            return None

    def clear(self) -> None:
        """Forget everything: the study is complete, and a new one is to be measured afresh."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _place(folder: Path, key: tuple[object, ...]) -> Path:
        return folder / hashlib.sha256(repr(key).encode()).hexdigest()[:24]
