"""Importance resampling by hashed n-grams: which documents read like the target (`Dsir`)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...runtime.registry import register
from ...runtime.schema import Number
from ..pool import Pool, rows_of
from ..pool.pool import texts_of
from ..scoring import Learning
from .table import Table

Places = NDArray[np.int64]

WORD = re.compile(r"\w+|[^\w\s]+")
SMOOTHING = 1e-8
PRIOR = 40
"""Average runs of the pool that are added to every document, so that a few prove nothing."""

MOST_NAMES = 2_000_000
"""N-grams whose bucket is remembered: what bounds the memory."""


class Buckets(dict[str, int]):
    """The bucket of each n-gram, computed once: its SHA-256 modulo their number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def __missing__(self, gram: str) -> int:
        digest = hashlib.sha256(gram.encode("utf-8", "surrogatepass")).digest()
        found = self[gram] = int.from_bytes(digest) % self.number
        return found


_known: dict[int, Buckets] = {}


def buckets(number: int) -> Buckets:
    """The n-grams that this process has hashed into ``number`` buckets so far."""
    found = _known.setdefault(number, Buckets(number))
    if len(found) > MOST_NAMES:
        found.clear()
    return found


def grams(texts: Sequence[str], n: int, number: int) -> tuple[Places, Places]:
    """The buckets of all runs of one to ``n`` words of ``texts``, in lower case, one text after
    the other; and how many runs each text has, ``[texts]``.
    """
    known, sizes = buckets(number), np.zeros(len(texts), np.int64)
    found: list[int] = []
    for i, text in enumerate(texts):
        words = WORD.findall(text.lower())
        before = len(found)
        found += map(known.__getitem__, words)
        if n > 1:
            found += map(known.__getitem__, [f"{a} {b}" for a, b in pairwise(words)])
        for size in range(3, n + 1):
            runs = zip(*(words[k:] for k in range(size)), strict=False)
            found += map(known.__getitem__, map(" ".join, runs))
        sizes[i] = len(found) - before
    return np.fromiter(found, np.int64, len(found)), sizes


def counted(texts: Sequence[str], n: int, number: int) -> Places:
    """How often each bucket occurs in ``texts``, ``[buckets]``."""
    return np.bincount(grams(texts, n, number)[0], minlength=number)


@register("dsir", holds={"ngrams": Number(1, 4), "buckets": Number(16, 1 << 24)})
@dataclass(frozen=True)
class Dsir(Learning):
    """The log-ratio of a document's probability under the target and under the pool.

    Both are bags of runs of up to ``ngrams`` words, hashed into ``buckets`` (DSIR: Xie et al.,
    NeurIPS 2023). The ``target`` is a file; by default that of the command. The ratio is the mean
    over the runs of a document and of forty average ones of the pool, so that length decides
    nothing and a short text is not liked for two words. With mean=False it is the sum, which is
    what the package ``data-selection`` computes.
    """

    target: str = ""
    ngrams: int = 2
    buckets: int = 10_000
    mean: bool = True

    def learn(self, pool: Pool) -> Table:
        """The score of every document: each is cut into runs once, and what they are is kept."""
        wanted = counted(texts_of(target_of(self.target, pool)), self.ngrams, self.buckets)
        read, every = pool.again(_read, self), np.zeros(self.buckets, np.int64)
        for _, places, _ in read:
            every += np.bincount(places, minlength=self.buckets)
        weights = np.log(_shares(wanted) + SMOOTHING) - np.log(_shares(every) + SMOOTHING)
        usual = float(_shares(every) @ weights)
        rows, values = [np.zeros(0, np.int64)], [np.zeros(0)]
        for mine, places, sizes in read:
            total = summed(weights, places, sizes)
            rows.append(mine)
            values.append(total if not self.mean else (total + PRIOR * usual) / (sizes + PRIOR))
        return Table(np.concatenate(rows), np.concatenate(values))


def _read(recipe: Dsir, part: Dataset) -> tuple[Places, Any, Places]:
    places, sizes = grams(texts_of(part), recipe.ngrams, recipe.buckets)
    return rows_of(part), places.astype(np.uint16 if recipe.buckets <= 1 << 16 else np.int32), sizes


def _shares(counts: Places) -> Floats:
    return counts / max(1, int(counts.sum()))


def summed(weights: Floats, places: Any, sizes: Places) -> Floats:
    """The sum of the weights of each document's runs, ``[documents]``."""
    totals = np.concatenate([[0.0], np.cumsum(weights[places])])
    ends = np.cumsum(sizes)
    found: Floats = totals[ends] - totals[ends - sizes]
    return found


def target_of(path: str, pool: Pool) -> Dataset:
    """The texts of the file ``path``, or those that the pool is to serve.

    Raises `UnderdogError` if there are none.
    """
    from ..pool.files import target_of as read

    if path:
        with TemporaryDirectory() as work:
            return read(Path(path).expanduser(), Path(work))
    if pool.target is None or not len(pool.target):
        raise UnderdogError(
            "this selector needs texts such as you want to serve", "name a file: --target FILE"
        )
    return pool.target
