"""Texts made shorter by whole sentences: those that bear on a question, or on the rest."""

from __future__ import annotations

from collections import Counter
from math import log, sqrt

from ...core.texts import sentences
from ..demonstrations import words


def shortened(text: str, share: float, about: str = "") -> str:
    """The sentences of ``text`` that matter most, in their order: at most ``share`` of its words.

    Those come first that share rare words with the question ``about``; without one, those that
    share words with many other sentences. One sentence is always kept. Choosing whole sentences
    loses less than dropping words (Jha et al., arXiv 2407.08892).
    """
    parts = sentences(text)
    if share >= 1 or len(parts) < 2:
        return text
    said = [words(part) for part in parts]
    common = Counter(word for some in said for word in set(some))
    wanted = set(words(about))

    def weight(some: list[str]) -> float:
        distinct = set(some)
        rarity = {word: log(1 + len(parts) / common[word]) for word in distinct}
        if wanted & set(common):
            return sum(rarity[word] for word in distinct & wanted)
        central: int = sum(common[word] - 1 for word in distinct if len(word) > 3)
        return central / sqrt(1 + len(distinct))

    order = sorted(range(len(parts)), key=lambda i: (-weight(said[i]), i))
    left = share * sum(map(len, said))
    kept: list[int] = []
    for i in order:
        if len(said[i]) <= left or not kept:
            kept.append(i)
            left -= len(said[i])
    return " ".join(parts[i] for i in sorted(kept))
