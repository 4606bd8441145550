"""Semantic entropy: answers that mean the same count as one (Farquhar et al., Nature 2024)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats


def meanings(w: Floats, same: float = 0.5) -> NDArray[np.intp]:
    """The number of the meaning of each answer, ``[answers]``, in order of appearance.

    ``w`` ``[answers, answers]`` says how surely one answer follows from another. An answer has the
    meaning of an earlier one if each follows from the other with more than ``same``.
    """
    first: list[int] = []
    of = np.zeros(len(w), np.intp)
    for i in range(len(w)):
        for k, j in enumerate(first):
            if w[i, j] > same and w[j, i] > same:
                of[i] = k
                break
        else:
            of[i] = len(first)
            first.append(i)
    return of


def certainty(of: NDArray[np.intp], logprobs: Floats | None = None) -> float:
    """1 minus the entropy of the meanings ``of`` ``[answers]``, over that of all different ones.

    Each answer counts alike (discrete semantic entropy), or as its probability: ``logprobs``,
    ``[answers]``, in nats, by convention the mean over its tokens. NaN with a single answer, or if
    a log-probability is missing.
    """
    if len(of) < 2 or (logprobs is not None and not np.isfinite(logprobs).all()):
        return np.nan
    each = np.ones(len(of)) if logprobs is None else np.exp(logprobs - logprobs.max())
    share = np.bincount(of, weights=each) / each.sum()
    share = share[share > 0]
    return 1.0 + float((share * np.log(share)).sum()) / float(np.log(len(of)))
