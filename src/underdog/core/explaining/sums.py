"""Explanations added up: where scores are added up, so are contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .explanation import Explanation


def summed(
    parts: Sequence[Sequence[Explanation]], labels: tuple[str, ...], weights: Sequence[float] = ()
) -> list[Explanation] | None:
    """The weighted means of explanations by several models, text by text.

    ``weights`` are relative; empty weighs all alike. None where the models do not explain logits of
    the same ``labels``, or not by the same words.
    """
    share = np.array(weights or [1.0] * len(parts))
    share = share / share.sum()
    whole = []
    for row in zip(*parts, strict=True):
        first = row[0]
        for one in row:
            if (one.scale, one.labels, one.tokens) != ("logit", labels, first.tokens):
                return None

        def mean(name: str, row: Sequence[Explanation] = row) -> np.ndarray:
            terms = [s * getattr(one, name) for s, one in zip(share, row, strict=True)]
            return np.asarray(np.sum(terms, axis=0))

        effects = None if any(one.effects is None for one in row) else mean("effects")
        whole.append(
            replace(
                first, contributions=mean("contributions"), base=mean("base"),
                output=mean("output"), effects=effects, features=(), feature_base=None,
                method=f"mean over {len(row)} members: {first.method}",
                path=tuple(name for one in row for name in one.path),
            )
        )  # fmt: skip
    return whole
