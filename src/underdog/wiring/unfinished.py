"""Where long work keeps what it has done, so that a kill does not undo it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..core.data import Dataset
from .registry import spec


def place(recipe: Any, data: Dataset, seed: int) -> Path:
    """The path, without a suffix, for what is known so far of ``recipe.fit(data, seed)``.

    It is in ``~/.cache/underdog/training``, or in the folder UNDERDOG_TRAINING names, under a
    fingerprint of all three, so that the same fit begun again finds it and no other does. Does
    not guard against a new version of this package: clear the folder.
    """
    digest = hashlib.sha256(repr((spec(recipe), data.fingerprint, seed)).encode())
    told = (data.groups, dict(data.columns), dict(data.archive.columns))
    digest.update(repr(told).encode("utf-8", "surrogatepass"))
    if data.soft is not None:
        digest.update(np.ascontiguousarray(data.soft).tobytes())
    named = os.environ.get("UNDERDOG_TRAINING")
    folder = Path(named) if named else Path.home() / ".cache" / "underdog" / "training"
    return folder / digest.hexdigest()[:24]
