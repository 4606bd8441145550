"""Documents that stand for all others: facility location over embeddings, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...models.features.tfidf import Tfidf
from ...runtime.registry import register
from ...runtime.schema import Number
from ..pool.pool import texts_of

KINDS = ("tfidf", "minilm")


@register("diverse", holds={"block": Number(2, 16_384)})
@dataclass(frozen=True)
class Diverse:
    """First the document that is most like all others, then always the one that adds most to that.

    Greedy facility location (Nemhauser et al., 1978) on the cosine of ``features``: 'tfidf', or
    'minilm', which needs the extra `offline` and reads about a hundred documents a second. Each
    ``block`` of documents in a row is ordered alone, which bounds memory and time.
    """

    features: str = "tfidf"
    block: int = 1024

    def __post_init__(self) -> None:
        if self.features not in KINDS:
            raise UnderdogError(f"diverse has no features {self.features!r}", f"one of {KINDS}")

    def score(self, data: Dataset) -> Floats:
        """1 for the first document of a block, down to 0 for the last, ``[examples]``."""
        texts, found = texts_of(data), np.zeros(len(data))
        for start in range(0, len(texts), self.block):
            part = texts[start : start + self.block]
            order = facility_location(similarities(part, self.features))
            found[start + order] = 1 - np.arange(len(part)) / len(part)
        return found


def similarities(texts: list[str], features: str) -> NDArray[np.float32]:
    """The cosine of each pair of texts, ``[texts, texts]``, at least 0."""
    if features == "minilm":
        from ...models.transformers.embeddings import embed

        rows: Any = embed(texts)
        found = rows @ rows.T
    else:
        rows = Tfidf.learn(texts).rows(texts)
        norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()) + 1e-12
        found = (rows @ rows.T).toarray() / norms[:, None] / norms
    likeness: NDArray[np.float32] = np.maximum(found, 0).astype(np.float32)
    return likeness


def facility_location(likeness: NDArray[np.float32]) -> NDArray[np.intp]:
    """All items in the order in which a greedy choice takes them, ``[items]``.

    ``likeness`` is ``[items, items]``. Each step takes the item that raises the sum over all items
    of the likeness to the nearest taken one most; gains only fall, so most are not computed again.
    """
    n = len(likeness)
    covered, gains = np.zeros(n, np.float32), likeness.sum(axis=0, dtype=np.float64)
    order = np.empty(n, np.intp)
    for place in range(n):
        while True:
            best = int(gains.argmax())
            gain = float(np.maximum(likeness[:, best] - covered, 0).sum(dtype=np.float64))
            stale, gains[best] = gains[best] - gain > 1e-6, gain
            if not stale:
                break
        order[place] = best
        covered = np.maximum(covered, likeness[:, best])
        gains[best] = -np.inf
    return order
