"""The place of values in a list of labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def places(values: Iterable[str | None], labels: Sequence[str]) -> NDArray[np.intp]:
    """The place of each of ``values`` in ``labels``, shape ``[values]``; -1 where it is not there.

    >>> places(["b", None, "c"], ("a", "b")).tolist()
    [1, -1, -1]
    """
    where: dict[str | None, int] = {label: k for k, label in enumerate(labels)}
    return np.array([where.get(value, -1) for value in values], np.intp)
