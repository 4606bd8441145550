"""Features that compare the two vectors of a text pair."""

from __future__ import annotations

from typing import Any


def head_width(width: int, *, pair: bool) -> int:
    """Inputs of a head over vectors of length ``width``: four times as many for pairs."""
    return 4 * width if pair else width


def pair_features(u: Any, v: Any) -> list[Any]:
    """``[u, v, |u - v|, u * v]``, to be concatenated.

    ``u`` and ``v`` are arrays or tensors of one shape ``[..., width]``, and so is each part
    (Conneau et al., InferSent, EMNLP 2017).
    """
    return [u, v, abs(u - v), u * v]
