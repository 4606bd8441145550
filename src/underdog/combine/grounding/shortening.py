"""Texts made shorter by whole sentences: those that bear on a question, or on the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt

from ...core.texts import sentences
from ..demonstrations import words

COMMON = frozenset(
    """a an the of in on at to for from with by as into about than then and or but if so not no it
    its this that these those there their they he she his her him we our you your i my me is are was
    were be been being has have had do does did can could will would should may might must who
    what which when where why how many much old also both same between""".split()  # noqa: SIM905
)
"""Words that stand in most sentences and in most questions."""

FITS = 0.6
"""A sentence of which so much fits into the share is kept whole."""


def shortened(text: str, share: float, about: str = "") -> str:
    """The sentences of ``text`` that matter most, in their order: about ``share`` of its words.

    Those come first that share rare words with the question ``about``, and that say more beside
    them; without one, those that share words with many other sentences. One sentence is always
    kept. Choosing whole sentences loses less than dropping words (Jha et al., arXiv 2407.08892).
    """
    parts = sentences(text)
    if share >= 1 or len(parts) < 2:
        return text
    sizes = [max(1, len(words(part))) for part in parts]
    said = [set(words(part)) - COMMON for part in parts]
    wanted = (set(words(about)) - COMMON) & set[str]().union(*said)
    first, *others = _bearing(said, sizes, wanted) if wanted else _central(said)
    kept, left = [first], share * sum(sizes) - sizes[first]
    for i in others:
        if FITS * sizes[i] <= left:
            kept.append(i)
            left -= sizes[i]
    return " ".join(parts[i] for i in sorted(kept))


def _bearing(said: Sequence[set[str]], sizes: Sequence[int], wanted: set[str]) -> list[int]:
    """The sentence that bears most on the words ``wanted``; then those that do most for a word."""
    common = Counter(word for some in said for word in some)
    worth = [
        sum(log(1 + len(said) / common[word]) for word in some & wanted)
        + log(1 + len(some - wanted))
        for some in said
    ]
    every = range(len(said))
    first = max(every, key=lambda i: (worth[i] / sizes[i] ** 0.25, -i))
    rest = sorted(every, key=lambda i: (-worth[i] / sizes[i], i))
    return [first, *(i for i in rest if i != first)]


def _central(said: Sequence[set[str]]) -> list[int]:
    """Sentences by how many others they share longer words with."""
    common = Counter(word for some in said for word in some)

    def weight(some: set[str]) -> float:
        total: int = sum(common[word] - 1 for word in some if len(word) > 3)
        return total / sqrt(1 + len(some))

    return sorted(range(len(said)), key=lambda i: (-weight(said[i]), i))
