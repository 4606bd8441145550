"""Trees that are tried on held-out rows, to choose how many are grown at last."""

from __future__ import annotations

from collections.abc import Iterator

from ..training.examples import Examples, Mask
from .graded import ENOUGH_HELD_OUT
from .trees import PATIENCE, Sample, Trees, grow


def tried(sample: Sample, examples: Examples, seed: int) -> Iterator[tuple[Trees, int, Mask]]:
    """Trees of a part of the rows, the rounds that served best, and the other rows, ``[rows]``.

    Ends after `ENOUGH_HELD_OUT` other rows. A part with one label, or with no label of the other
    rows, is left out.
    """
    seen = 0
    for learn, check in examples.held_out(seed):
        if seen >= ENOUGH_HELD_OUT:
            return
        present = sample.gold[learn].sum(axis=0) > 0
        if present.sum() < 2 or not (sample.gold[check] @ present).any():
            continue
        trees = grow(sample.take(learn), seed, sample.take(check))
        seen += int(check.sum())
        yield trees, max(1, len(trees.roots) - PATIENCE), check
