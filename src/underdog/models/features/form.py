"""How a text is written, whatever it is about: the order of kinds of words, and repetition."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from ...core.cost import Floats
from ...core.data import Text
from ...runtime.registry import register
from ...runtime.schema import Array

READ, WORDS = 2_000, 250
"""Characters and words of a text that are read."""

COMMON = 300
"""Words that are a kind of their own: the commonest, with the marks that stand at them."""

PLACES = 1 << 15
"""Columns for pairs of kinds of words, and as many for triples."""

CUTS = 11
"""Where a number is cut into bins; `BIN` is the weight of one."""

BIN = 0.5
KNOWN = 200_000
"""Words whose kind is remembered."""

STRANGE = re.compile(r"[^\w ]+")
OPENING, CLOSING = "\"'([{", "\"')]}.,;:!?"
BEGIN, END = (zlib.crc32(mark) for mark in (b"begin", b"end"))


def kind_of(word: str) -> str:
    """What ``word`` looks like: capitals, its ending or its digits, and the marks around it.

    >>> kind_of("Dogs,"), kind_of("(walking"), kind_of("12th"), kind_of("x$1!")
    ('X,', 'xng(', '9a', '9a!')
    """
    bare = word.rstrip(CLOSING)
    mark, body = word[len(bare) : len(bare) + 1], bare.lstrip(OPENING)
    opened = "(" if body != bare else ""
    if not body:
        return f"_{word[:2]}"
    if body.isalpha():
        if body[0].isupper():
            look = "A" if body.isupper() and len(body) > 1 else "X"
        else:
            look = f"x{body[-2:].lower()}"
    elif any(map(str.isdigit, body)):
        look = "9a" if any(map(str.isalpha, body)) else "9"
    else:
        look = "h" if body.replace("-", "").replace("'", "").replace("’", "").isalpha() else "?"
    return f"{look}{mark}{opened}"


def numbers_of(text: str) -> list[float]:
    """How far a text can be compressed, its length, and the shares of distinct words, of distinct
    pairs of words, and of letters, digits and spaces.
    """
    words, raw = text.split()[:WORDS], text.encode("utf-8", "replace")
    return [
        len(zlib.compress(raw, 1)) / max(1, len(raw)),
        float(np.log1p(len(raw))),
        len(set(words)) / max(1, len(words)),
        len(set(pairwise(words))) / max(1, len(words) - 1),
        len(STRANGE.sub("", text[:1000])) / max(1, min(1000, len(text))),
    ]


NUMBERS = len(numbers_of(""))


class Kinds(dict[str, int]):
    """The key of each word's kind, computed once; a common word is a kind of its own."""

    def __init__(self, common: Sequence[str]) -> None:
        super().__init__({word: zlib.crc32(f"={word}".encode()) for word in common})

    def __missing__(self, word: str) -> int:
        key = zlib.crc32(kind_of(word).encode("utf-8", "replace"))
        if len(self) < KNOWN:
            self[word] = key
        return key


@register("form.features", holds={"cuts": Array(NUMBERS, CUTS)})
@dataclass(frozen=True, eq=False)
class FormFeatures:
    """Turns texts into sparse rows that tell how they are written.

    A word counts as its kind: one of the ``common`` words, or what `kind_of` says. Pairs and
    triples of neighbouring kinds are hashed into `PLACES` columns each, so that words in a wrong
    order are seen whatever the words are. The numbers of `numbers_of` are cut into bins at
    ``cuts``, ``[numbers, cuts]``. The two sides of a pair are joined.
    """

    common: tuple[str, ...]
    cuts: Floats
    _kinds: Callable[[str], int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_kinds", Kinds(self.common).__getitem__)

    @classmethod
    def learn(cls, texts: Sequence[Text]) -> FormFeatures:
        """Learn the common words of ``texts``, and where their numbers are cut."""
        counts = Counter[str]()
        for text in texts:
            counts.update(dict.fromkeys(joined(text).split()[:WORDS]).keys())
        numbers = np.array([numbers_of(joined(text)) for text in texts])
        cuts = np.quantile(numbers, np.linspace(0, 1, CUTS + 2)[1:-1], axis=0).T
        return cls(tuple([word for word, _ in counts.most_common(COMMON)]), cuts)

    @property
    def width(self) -> int:
        """Number of columns."""
        return 2 * PLACES + NUMBERS * (CUTS + 1)

    def rows(self, texts: Sequence[Text]) -> csr_array:
        """The features of ``texts``, a sparse matrix of shape ``[texts, width]``."""
        if not len(texts):
            return csr_array((0, self.width))
        places = [self._places(joined(text)) for text in texts]
        sizes = np.array(list(map(len, places)))
        ends = np.concatenate([[0], np.cumsum(sizes)])
        cells = np.ones(ends[-1]), np.concatenate(places), ends
        order = csr_array(cells, shape=(len(texts), 2 * PLACES))
        order.sum_duplicates()
        order.data = np.sqrt(2 * order.data / np.repeat(sizes, np.diff(order.indptr)))
        numbers = np.array([numbers_of(joined(text)) for text in texts])
        bins = (self.cuts < numbers[:, :, None]).sum(axis=2) + np.arange(NUMBERS) * (CUTS + 1)
        binned = csr_array(
            (np.full(bins.size, BIN), bins.ravel(), np.arange(len(texts) + 1) * NUMBERS),
            shape=(len(texts), NUMBERS * (CUTS + 1)),
        )
        return csr_array(hstack([order, binned], format="csr"))

    def _places(self, text: str) -> NDArray[np.int64]:
        """The column of each pair and triple of neighbouring kinds."""
        kinds = np.array([BEGIN, *map(self._kinds, text.split()[:WORDS]), END], np.int64)
        pairs = kinds[:-1] * 31 + kinds[1:] * 7919
        triples = pairs[:-1] * 13 + kinds[2:] * 104_729
        return np.concatenate([pairs % PLACES, triples % PLACES + PLACES])


def joined(text: Text) -> str:
    """The beginning of a text; the two sides of a pair are put together."""
    return (text if isinstance(text, str) else "\n\n".join(text))[:READ]
