"""What two vectors tell about each other: the features by which a pair of texts is compared."""

from __future__ import annotations

from typing import Any


def head_width(of: int, *, pair: bool) -> int:
    """The length of what a head sees of vectors of length ``of``: one, or the `features` of two."""
    return 4 * of if pair else of


def features(u: Any, v: Any) -> list[Any]:
    """``u, v, |u - v|, u * v``, to be joined: arrays or tensors of one shape, both alike.

    (Conneau et al., InferSent, EMNLP 2017.)
    """
    return [u, v, abs(u - v), u * v]
