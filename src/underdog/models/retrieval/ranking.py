"""The best of many scores, in an order that does not depend on the machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def best(scores: NDArray[Any], k: int, least: float = -np.inf) -> NDArray[np.intp]:
    """The places of the ``k`` largest scores above ``least``, ``[hits]``; ties in order."""
    if k < len(scores):
        bound = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero((scores >= bound) & (scores > least))
    else:
        places = np.flatnonzero(scores > least)
    found: NDArray[np.intp] = places[np.argsort(-scores[places], kind="stable")][:k]
    return found
