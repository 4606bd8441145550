"""Texts as a few numbers that reveal none of them: length, unknown words, random projections."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Text

WORD = re.compile(r"\w+")
PROJECTIONS = 8
"""Random directions in the space of words; a change of topic moves texts along some of them."""

BITS = 1 << 16
"""Bits of a vocabulary: each word sets one, so which words are meant stays open."""

Bits = NDArray[np.bool_]


def measures(texts: Sequence[Text], known: Bits | None = None) -> dict[str, Floats]:
    """Each measure of each text, shape ``[texts]``.

    ``length`` counts words; ``unknown`` is the share of them outside ``known``, if that is given;
    ``direction 1`` and so on are projections of the words, scaled to be alike for every length.
    """
    hashes = [_hashes(text) for text in texts]
    found = {"length": np.array([float(len(h)) for h in hashes])}
    if known is not None:
        new = [~known[h % BITS] for h in hashes]
        found["unknown"] = np.array([float(n.mean()) if len(n) else 0.0 for n in new])
    for k in range(PROJECTIONS):
        signs = [1.0 - 2.0 * ((h >> (24 + k)) & 1) for h in hashes]
        found[f"direction {k + 1}"] = np.array([s.sum() / max(len(s), 1) ** 0.5 for s in signs])
    return found


def vocabulary(texts: Sequence[Text]) -> Bits:
    """The words of ``texts`` as bits, shape ``[BITS]``."""
    bits = np.zeros(BITS, bool)
    for text in texts:
        bits[_hashes(text) % BITS] = True
    return bits


def packed(bits: Bits) -> str:
    """A vocabulary as text for JSON."""
    return b64encode(np.packbits(bits).tobytes()).decode()


def unpacked(text: str) -> Bits:
    """The vocabulary that `packed` wrote; ValueError if it is none."""
    bits = np.unpackbits(np.frombuffer(b64decode(text, validate=True), np.uint8)).astype(bool)
    if len(bits) != BITS:
        raise ValueError(f"a vocabulary of {len(bits)} bits")
    return bits


def _hashes(text: Text) -> NDArray[np.int64]:
    """A hash of 32 bits for each word of ``text``, shape ``[words]``."""
    joined = text if isinstance(text, str) else " ".join(text)
    return np.array([_hash(word) for word in WORD.findall(joined.casefold())], np.int64)


@lru_cache(maxsize=1 << 16)
def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=4).digest())
