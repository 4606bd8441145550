"""Demonstrations: which labelled texts are shown beside the one that is asked about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..core.cost import Floats
from ..core.data import Dataset, Task, Text, normal
from ..core.errors import UnderdogError
from ..core.passages import Passages
from ..core.protocols import Indexer, Retriever
from ..runtime.meter import Meter
from ..runtime.registry import register

Shot = tuple[Text, str]
"""A demonstration: a text and its label."""

Rows = NDArray[np.intp]
"""Places of demonstrations, ``[texts, k]``; the one most like the text comes last."""

Pick = Callable[[Sequence[Text], int], Rows]
"""Given texts and k, the demonstrations for each; fewer than k where there are no more. It charges
what choosing costs.
"""

WAYS = ("nearest", "covering")
"""The ways of choosing by words alone, which nothing has to be learned for."""


@runtime_checkable
class Picker(Protocol):
    """Something that chooses demonstrations for a text: it answers as a part of a saved model."""

    def over(self, shots: Sequence[Shot]) -> Pick:
        """The function that chooses among ``shots``."""
        ...


@runtime_checkable
class Choosing(Protocol):
    """A recipe for a `Picker`: it may learn which demonstrations help."""

    def picker(self, shots: Sequence[Shot], task: Task, seed: int) -> Picker:
        """A picker among ``shots``, or any others of ``task``."""
        ...


@register("fewshot.lexical")
@dataclass(frozen=True)
class Lexical:
    """Chooses by shared words, of which rare ones count more.

    ``nearest`` takes the texts with the largest cosine of TF-IDF (KATE: Liu et al., DeeLIO 2022).
    ``covering`` takes one after the other the text that covers most of what is not covered yet of
    the words asked about (Set-BSR with exact matches of words: Gupta et al., Findings of EMNLP
    2023). Nothing is learned.
    """

    way: str

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise _unknown(self.way)

    def over(self, shots: Sequence[Shot]) -> Pick:
        """The function that chooses among ``shots``."""
        index = Words([text for text, _ in shots])

        def pick(texts: Sequence[Text], k: int) -> Rows:
            meter, k = Meter(), min(k, len(shots))
            chosen = [self._chosen(index, text, k) for text in texts]
            meter.bill(len(texts))
            return np.array(chosen, np.intp).reshape(len(texts), k)

        return pick

    def _chosen(self, index: Words, text: Text, k: int) -> Rows:
        likeness = index.cosines(text)
        order = np.argsort(-likeness, kind="stable")[:k]
        if self.way == "covering":
            order = np.array(_covering(*index.coverage(text), likeness, k), np.intp)
        return order[np.argsort(likeness[order], kind="stable")]


@register("fewshot.retrieved")
@dataclass(frozen=True)
class Retrieved:
    """Shows the demonstrations that ``retriever`` finds, and the first ones where it finds none."""

    retriever: Retriever

    @classmethod
    def of(cls, recipe: Indexer, shots: Sequence[Shot]) -> Retrieved:
        """The picker that searches ``shots`` with an index made by ``recipe``."""
        return cls(recipe.over(Passages.of([_joined(text) for text, _ in shots])))

    def over(self, shots: Sequence[Shot]) -> Pick:
        """The function that chooses among ``shots``, which are those of the index."""

        def pick(texts: Sequence[Text], k: int) -> Rows:
            k = min(k, len(shots))
            best = np.zeros((len(texts), k), np.intp)
            found = self.retriever.top([_joined(text) for text in texts], k) if texts else []
            for i, hits in enumerate(found):
                rows = dict.fromkeys([*(hit.row for hit in hits), *range(2 * k)])
                best[i] = [row for row in rows if 0 <= row < len(shots)][:k][::-1]
            return best

        return pick


def drawn(data: Dataset, seed: int) -> Iterator[Shot]:
    """All labelled examples, in turns of one per label, in an order that only ``seed`` changes."""

    def place(said: str) -> bytes:
        return hashlib.sha256(f"{seed}:{said}".encode("utf-8", "surrogatepass")).digest()

    if data.task.kind == "text":
        known = dict(zip(data.texts, data.labels, strict=True))
        order = sorted(known, key=lambda text: place(normal(text)))
        yield from [(text, said) for text in order if (said := known[text]) is not None]
        return
    queues: dict[str, list[Text]] = {label: [] for label in sorted(data.task.labels, key=place)}
    for text, label in dict(zip(data.texts, data.labels, strict=True)).items():
        if label in queues and normal(text).strip("\x1f"):  # nothing is learned from an empty text
            queues[label].append(text)
    for queue in queues.values():
        queue.sort(key=lambda text: place(normal(text)), reverse=True)
    while any(queues.values()):
        yield from [(queue.pop(), label) for label, queue in queues.items() if queue]


def require_way(choose: object) -> None:
    """Raise `UnderdogError` unless demonstrations can be chosen by ``choose``."""
    known = choose in ("random", *WAYS) if isinstance(choose, str) else False
    if not (known or isinstance(choose, Choosing | Indexer)):
        raise _unknown(choose)


def _unknown(way: object) -> UnderdogError:
    return UnderdogError(
        f"demonstrations cannot be chosen by {way!r}",
        f"one of random, {', '.join(WAYS)}; or trained(llama('smollm2'))",
    )


def _joined(text: Text) -> str:
    return text if isinstance(text, str) else "\n".join(text)


class Words:
    """The words of texts, as an index: how much each text shares with another."""

    def __init__(self, texts: Sequence[Text]) -> None:
        from scipy.sparse import csc_array

        said = [set(words(text)) for text in texts]
        self.place = {word: i for i, word in enumerate(sorted(set().union(*said)))}
        columns = [self.place[word] for some in said for word in sorted(some)]
        rows = np.repeat(np.arange(len(said)), [len(some) for some in said])
        counts = np.bincount(columns, minlength=len(self.place)).astype(np.float64)
        self.rarity: Floats = np.log1p(len(said) / np.maximum(counts, 1.0))
        shape = (len(said), len(self.place))
        self.has: Any = csc_array((np.ones(len(columns)), (rows, columns)), shape=shape)
        self.size: Floats = np.sqrt(np.maximum(self.has @ self.rarity**2, 1e-12))

    def _known(self, text: Text) -> list[int]:
        return sorted({self.place[word] for word in words(text) if word in self.place})

    def cosines(self, text: Text) -> Floats:
        """The cosine of ``text`` and each text of the index, by TF-IDF: ``[texts]``."""
        known = self._known(text)
        weight = self.rarity[known] ** 2
        shared: Floats = self.has[:, known] @ weight / self.size
        return shared / max(1e-12, float(np.sqrt(weight.sum())))

    def coverage(self, text: Text) -> tuple[NDArray[np.bool_], Floats]:
        """Which words of ``text`` each text of the index has, ``[texts, words]``; their weights."""
        known = self._known(text)
        return self.has[:, known].toarray() > 0, self.rarity[known]


def words(text: Text) -> list[str]:
    """The words of a text, or of both texts of a pair, in lower case.

    >>> words(("A dog", "barks!"))
    ['a', 'dog', 'barks']
    """
    return re.findall(r"\w+", normal(text))


def _covering(has: NDArray[np.bool_], weight: Floats, likeness: Floats, k: int) -> list[int]:
    """Texts that together cover the words best, chosen greedily; what covers alike, by likeness."""
    left, chosen = np.ones(len(weight), np.bool_), list[int]()
    free = np.ones(len(has), np.bool_)
    while len(chosen) < k:
        gains = has @ (weight * left)
        gains[~free] = -1.0
        if gains.max() <= 0 and not left.all():  # all is covered: cover it once more
            left[:] = True
            continue
        best = int(np.lexsort((-likeness, -gains))[0])
        chosen.append(best)
        free[best] = False
        left &= ~has[best]
    return chosen
