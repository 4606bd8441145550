"""Texts that are nearly equal: found by MinHash, confirmed by counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.extras import require
from ...runtime.progress import step

Runs = NDArray[np.uint64]

ALIKE = 0.8
"""Share of runs in common (Jaccard) from which two texts are called nearly equal."""

RUN = 5
"""Bytes in a run."""

BANDS, ROWS = 24, 6
"""Texts that are .8 alike meet in one of 24 bands of 6 with probability .999, at .2 with .002.

Shorter bands let more unlike texts meet, and each meeting is a comparison.
"""

MOST_CANDIDATES = 50
"""Texts that one text is compared with, at most."""

MOST_BYTES = 5_000
"""How much of each text is compared: what bounds the time."""


def runs(text: str) -> Runs:
    """The distinct runs of `RUN` bytes in the first `MOST_BYTES` of ``text``, as sorted integers,
    ``[runs]``.

    A run is its own number, so there are no collisions; a shorter text is one run.
    """
    data = np.frombuffer(text.encode("utf-8", "replace")[:MOST_BYTES], np.uint8).astype(np.uint64)
    if len(data) < RUN:
        return np.array([int.from_bytes(data.astype(np.uint8).tobytes())], np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(data, RUN)
    return np.unique(windows @ (np.uint64(256) ** np.arange(RUN, dtype=np.uint64)))


def alike(a: Runs, b: Runs) -> float:
    """The share of runs that two texts have in common (Jaccard)."""
    common = len(np.intersect1d(a, b, assume_unique=True))
    return common / (len(a) + len(b) - common)


def leaders(texts: Sequence[str]) -> list[int]:
    """For each text the place of the first one it is nearly equal to; its own if there is none.

    Candidates by MinHash (Broder, SEQUENCES 1997) with locality-sensitive hashing; each is
    confirmed by `alike`. A text that has a leader never leads another, so the work grows with the
    number of texts even where all of them follow one template.
    """
    sketch = require("datasketch", "audit")
    index = sketch.MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    empty = sketch.MinHash(num_perm=BANDS * ROWS, hashfunc=int)
    kept: dict[int, Runs] = {}
    places = []
    with step("looking for near duplicates", len(texts)) as advance:
        for i, text in enumerate(texts):
            mine = runs(text)
            hashed = _hashed(empty, mine)
            candidates = sorted(index.query(hashed))[:MOST_CANDIDATES]
            leader = next((j for j in candidates if alike(mine, kept[j]) >= ALIKE), i)
            if leader == i:
                kept[i] = mine
                index.insert(i, hashed, check_duplication=False)
            places.append(leader)
            advance(1)
    return places


def bands(texts: Sequence[str]) -> Runs:
    """What two nearly equal texts have in common somewhere: a key for each band, ``[texts,
    bands]``.

    MinHash by random linear maps of mixed 32-bit keys, as in `datasketch`, for pools of texts that
    no index in memory can hold.
    """
    draws = np.random.default_rng(1)
    slopes, shifts = (
        draws.integers(0, 1 << 32, BANDS * ROWS, np.uint32) | np.uint32(odd) for odd in (1, 0)
    )
    powers = _ODD ** np.arange(1, ROWS + 1, dtype=np.uint64)
    keyed = np.empty((len(texts), BANDS), np.uint64)
    for i, text in enumerate(texts):
        keys = ((runs(text) * _ODD) >> np.uint64(32)).astype(np.uint32)
        keys = (keys ^ (keys >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        keys = (keys ^ (keys >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        keys ^= keys >> np.uint32(16)
        least = (slopes[:, None] * keys + shifts[:, None]).min(axis=1).astype(np.uint64)
        keyed[i] = (least.reshape(BANDS, ROWS) * powers).sum(axis=1)
    return keyed


_ODD = np.uint64(0x9E3779B97F4A7C15)


def _hashed(empty: Any, mine: Runs) -> Any:
    """The MinHash of a set of runs, which are first mixed down to 32 bits."""
    mixed = (mine * _ODD) >> np.uint64(32)
    sketch = empty.copy()
    sketch.update_batch(mixed.tolist())
    return sketch
