"""Parts of a row that take long, each kept when it is finished: a row that was stopped continues.

They lie in ``benchmarks/.cache/arms``, under a name that holds the sizes. After a change of code
that they measure, delete that folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

T = TypeVar("T")

KEPT = Path(__file__).parent / ".cache" / "arms"


def arm(name: str, measured: Callable[[], ArrayLike]) -> NDArray[np.float64]:
    """What ``measured()`` gave under this ``name``, now or in an earlier run."""
    path = KEPT / f"{re.sub(r'[^a-zA-Z0-9.=-]+', '_', name)}.json"
    if not path.is_file():
        found = np.asarray(measured(), np.float64).tolist()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_text(json.dumps(found), "utf-8")
        path.with_suffix(".part").replace(path)
    return np.array(json.loads(path.read_text("utf-8")), np.float64)


def pieces(
    name: str, items: Sequence[T], measured: Callable[[Sequence[T]], ArrayLike], size: int = 2
) -> NDArray[np.float64]:
    """What ``measured`` gives for ``items``, a row each, asked and kept ``size`` by ``size``."""
    found = []
    for start in range(0, len(items), size):
        some = items[start : start + size]
        found.append(arm(f"{name} {start}+{len(some)}", lambda some=some: measured(some)))
    return np.concatenate(found)
