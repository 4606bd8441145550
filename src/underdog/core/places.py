"""The place of values in a list of labels, and the orders that such a list may have."""

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


def orders(options: int, n: int) -> list[tuple[int, ...]]:
    """``n`` different orders of ``options`` options: rotations, evenly spaced, then their reverses.

    Each option stands in as many places as there are rotations. Fewer come back where there are
    not so many.

    >>> orders(3, 4)
    [(0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    """
    turns = min(n, options)
    starts = [round(i * options / turns) for i in range(turns)]
    rotated = [(*range(start, options), *range(start)) for start in starts]
    return list(dict.fromkeys([*rotated, *(order[::-1] for order in rotated)]))[:n]
