"""Documents that repeat an earlier one: equal, nearly equal, or made of the same passages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset, normal
from ...core.errors import UnderdogError
from ...models.features.near_equal import ALIKE, MOST_CANDIDATES, Runs, alike, bands, runs
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from ..pool import Pool, rows_of
from ..pool.pool import texts_of
from ..scoring import Learning
from .controls import TOKEN

Rows = NDArray[np.int64]
Keys = NDArray[np.uint64]

KINDS = ("near", "exact", "passages")
SPAN = 50
"""Tokens of a passage (Lee et al., ACL 2022)."""

EVERY = 16
"""Of so many passages one is remembered, chosen by what it says."""


@register("duplicates", holds={"share": Number(0, 1)})
@dataclass(frozen=True)
class Duplicates(Learning):
    """Refuses documents that repeat an earlier one; the first one stays.

    ``kind`` is 'near' (four fifths of the runs of five bytes in common, found by MinHash and
    confirmed by counting), 'exact' (equal but for case and white space) or 'passages' (``share``
    of the runs of 50 tokens stand in earlier documents). Keeps 200 bytes of a document in memory.
    """

    kind: str = "near"
    share: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnderdogError(f"duplicates has no kind {self.kind!r}", f"one of {KINDS}")

    def learn(self, pool: Pool) -> Repeated:
        """The rows that repeat an earlier one."""
        if self.kind == "passages":
            return Repeated(_passages(pool, self.share), "made of earlier passages")
        rows, keys = _gathered(pool, _exact if self.kind == "exact" else _bands)
        if self.kind == "exact":
            first = np.unique(keys[:, 0], return_index=True)[1]
            return Repeated(np.delete(rows, first), "equal to an earlier document")
        return Repeated(_confirmed(pool, rows, keys), "nearly equal to an earlier document")


@register("duplicates.rows", holds={"rows": Array("rows", low=0)})
@dataclass(frozen=True, eq=False)
class Repeated:
    """The ``rows`` of a pool that are refused, sorted, and why."""

    rows: Rows
    why: str

    def score(self, data: Dataset) -> Floats:
        """0, or minus infinity for what repeats an earlier document, ``[examples]``."""
        return self.counted(data)[0]

    def counted(self, data: Dataset) -> tuple[Floats, dict[str, int]]:
        """The scores, ``[examples]``, and how many repeat an earlier document."""
        refused = np.isin(rows_of(data), self.rows)
        values = np.where(refused, -np.inf, 0.0)
        return values, dict(Counter({self.why: int(refused.sum())}))


def key_of(text: str) -> int:
    """A number for ``text``: equal for texts that differ in case or white space only."""
    digest = hashlib.blake2b(normal(text).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest())


def _exact(_: None, part: Dataset) -> tuple[Rows, Keys]:
    keys = np.array([key_of(text) for text in texts_of(part)], np.uint64)
    return rows_of(part), keys.reshape(-1, 1)


def _bands(_: None, part: Dataset) -> tuple[Rows, Keys]:
    return rows_of(part), bands([normal(text) for text in texts_of(part)])


def _gathered(pool: Pool, work: Any) -> tuple[Rows, Keys]:
    found = list(pool.map(work, None))
    return np.concatenate([rows for rows, _ in found]), np.concatenate([keys for _, keys in found])


def _confirmed(pool: Pool, rows: Rows, keys: Keys) -> Rows:
    """Of the documents that share a band with another, those nearly equal to an earlier one."""
    shared = np.zeros(keys.shape, bool)
    for band in range(keys.shape[1]):
        _, place, counts = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        shared[:, band] = counts[place] > 1
    place_of = {int(row): i for i, row in enumerate(rows.tolist())}
    index: dict[tuple[int, int], list[int]] = {}
    kept: dict[int, Runs] = {}
    repeated = []
    for row, text in _texts(pool, rows[shared.any(axis=1)]):
        mine, at = runs(normal(text)), place_of[row]
        met = [(band, int(keys[at, band])) for band in np.flatnonzero(shared[at]).tolist()]
        near = sorted({j for key in met for j in index.get(key, ())})[:MOST_CANDIDATES]
        if any(alike(mine, kept[j]) >= ALIKE for j in near):
            repeated.append(row)
            continue
        kept[row] = mine
        for key in met:
            index.setdefault(key, []).append(row)
    return np.array(repeated, np.int64)


def _texts(pool: Pool, rows: Rows) -> Iterator[tuple[int, str]]:
    """The texts at ``rows``, one after the other."""
    wanted = np.zeros(pool.size, bool)
    wanted[rows] = True
    for part in pool.only(wanted).parts():
        yield from zip(rows_of(part).tolist(), texts_of(part), strict=True)


def _passages(pool: Pool, share: float) -> Rows:
    """The rows of which ``share`` of the remembered passages stand in earlier documents."""
    found = list(pool.map(_spans, None))
    rows = np.concatenate([row for row, _ in found])
    keys = np.concatenate([key for _, key in found])
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    earlier = rows[first][place] < rows
    total = np.bincount(rows, minlength=pool.size)
    again = np.bincount(rows, earlier, minlength=pool.size)
    return np.flatnonzero((total > 0) & (again >= share * np.maximum(total, 1)))


def _spans(_: None, part: Dataset) -> tuple[Rows, Keys]:
    """Of each document the keys of its remembered passages, and the row of each."""
    powers = np.uint64(0x9E3779B97F4A7C15) ** np.arange(1, SPAN + 1, dtype=np.uint64)
    rows, keys = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
    for row, text in zip(rows_of(part).tolist(), texts_of(part), strict=True):
        words = TOKEN.findall(text.lower())
        if len(words) < SPAN:
            continue
        hashed = np.array([crc32(w.encode("utf-8", "replace")) for w in words], np.uint64)
        mine = np.lib.stride_tricks.sliding_window_view(hashed, SPAN) @ powers
        mine = np.unique(mine[(mine >> np.uint64(32)) % np.uint64(EVERY) == 0])
        rows.append(np.full(len(mine), row, np.int64))
        keys.append(mine)
    return np.concatenate(rows), np.concatenate(keys)
