"""Texts that are nearly equal: found by MinHash, confirmed by counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.data import Dataset, normal
from ...core.errors import UnderdogError
from ...runtime.extras import require
from ...runtime.progress import step
from .duplicates import Equals
from .finding import SHOWN, Finding, clipped

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

MOST_TEXTS, MOST_BYTES = 100_000, 5_000
"""Distinct texts that are compared, and how much of each: what bounds the time."""


def runs(text: str) -> Runs:
    """The distinct runs of `RUN` bytes in the first `MOST_BYTES` of ``text``, as sorted integers.

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
    confirmed by `alike`. A text that has a leader leads nobody, so the work grows with the number
    of texts even where all of them follow one template.
    """
    sketch = require("datasketch", "audit")
    index = sketch.MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    empty = sketch.MinHash(num_perm=BANDS * ROWS, hashfunc=int)
    known: dict[int, Runs] = {}
    found = []
    with step("looking for near duplicates", len(texts)) as advance:
        for i, text in enumerate(texts):
            mine = runs(text)
            hashed = _hashed(empty, mine)
            candidates = sorted(index.query(hashed))[:MOST_CANDIDATES]
            leader = next((j for j in candidates if alike(mine, known[j]) >= ALIKE), i)
            if leader == i:
                known[i] = mine
                index.insert(i, hashed, check_duplication=False)
            found.append(leader)
            advance(1)
    return found


def nearly_equal(equals: Equals, train: Dataset | None, test: Dataset | None) -> list[Finding]:
    """Distinct texts that nearly repeat an earlier one, and those on both sides of a split."""
    data = equals.data
    firsts = [rows[0] for rows in equals.rows][:MOST_TEXTS]
    keys = [normal(data.texts[i]) for i in firsts]
    try:
        first = leaders(keys)
    except UnderdogError as error:
        return [
            Finding("near duplicates", "note", 0, f"Not checked: {error.problem}. {error.hint}")
        ]
    pairs = [(i, j) for i, j in enumerate(first) if i != j]
    findings = []
    if pairs:
        apart = sum(data.labels[firsts[i]] != data.labels[firsts[j]] for i, j in pairs)
        findings.append(
            Finding(
                "near duplicates",
                "warning" if len(pairs) > 0.05 * len(firsts) else "note",
                len(pairs),
                f"{len(pairs):,} of {len(firsts):,} distinct texts nearly repeat another; "
                f"{apart:,} of them with another label.",
                tuple(
                    f"{clipped(data.texts[firsts[i]])} ~ {clipped(data.texts[firsts[j]])}"
                    for i, j in pairs[:SHOWN]
                ),
            )
        )
    if train is not None and test is not None:
        findings += _straddling(dict(zip(keys, first, strict=True)), train, test)
    return findings


def _straddling(leader: dict[str, int], train: Dataset, test: Dataset) -> list[Finding]:
    """Test rows that are nearly equal, but not equal, to a training row."""
    keys = {normal(text) for text in train.texts}
    taught = {leader.get(key) for key in keys} - {None}
    near = [
        i
        for i, text in enumerate(test.texts)
        if (key := normal(text)) not in keys and leader.get(key) in taught
    ]
    if not near:
        return []
    share = len(near) / len(test)
    return [
        Finding(
            "straddling near duplicates",
            "warning" if share > 0.02 else "note",
            len(near),
            f"{len(near):,} of {len(test):,} test rows ({share:.1%}) nearly repeat a training row.",
            tuple(clipped(test.texts[i]) for i in near[:SHOWN]),
        )
    ]


def _hashed(empty: Any, mine: Runs) -> Any:
    """The MinHash of a set of runs, which are first mixed down to 32 bits."""
    mixed = (mine * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    sketch = empty.copy()
    sketch.update_batch(mixed.tolist())
    return sketch
