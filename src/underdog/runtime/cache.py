"""Where long work keeps what it has done, so that a kill does not undo it."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from time import time
from typing import Any

import numpy as np

from ..core.data import Dataset
from .registry import spec

KEPT = 30 * 24 * 60 * 60.0
"""Seconds for which unfinished work waits for somebody to go on with it."""


def place(recipe: Any, data: Dataset, seed: int) -> Path:
    """The path, without a suffix, for what is known so far of ``recipe.fit(data, seed)``.

    It is in ``~/.cache/underdog/training``, or in the folder UNDERDOG_TRAINING names, under a
    fingerprint of all three and of this release, so that the same fit begun again finds it and no
    other does. What nobody came back for within `KEPT` is deleted.
    """
    what = spec(recipe), data.fingerprint, seed, version("underdog")
    digest = hashlib.sha256(repr(what).encode())
    told = (data.groups, dict(data.columns), dict(data.archive.columns))
    digest.update(repr(told).encode("utf-8", "surrogatepass"))
    if data.soft is not None:
        digest.update(np.ascontiguousarray(data.soft).tobytes())
    kept = folder()
    _tidy(kept)
    return kept / digest.hexdigest()[:24]


def folder() -> Path:
    """The folder of unfinished work: UNDERDOG_TRAINING, or ``~/.cache/underdog/training``."""
    named = os.environ.get("UNDERDOG_TRAINING")
    return Path(named) if named else Path.home() / ".cache" / "underdog" / "training"


def _tidy(folder: Path) -> None:
    for left in folder.glob("*"):
        with suppress(OSError):  # somebody else has deleted it, or may
            if time() - left.stat().st_mtime > KEPT:
                rmtree(left) if left.is_dir() else left.unlink()
