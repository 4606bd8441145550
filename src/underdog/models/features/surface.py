"""What a text gives away about itself: its tokens, neighbouring tokens, and its shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from ...core.cost import Floats
from ...core.data import Text
from ...runtime.registry import register
from .tokens import LIMIT, signs

MARKS = '.,;:?!%$/=()"\n'
"""The characters whose number is part of a text's shape."""

WEIGHT = 0.1
"""What the squared length of a text's shape counts against that of its terms, which is 1."""

_number = re.compile(r"\d+(?:[.,]\d+)*")


@register("ridge.clues")
@dataclass(frozen=True, eq=False)
class Clues:
    """Turns texts into sparse rows; learned once, then fixed.

    Tokens are words and single punctuation marks: how a question is put says much about who can
    answer it. Tokens and pairs of neighbours that occur in two texts or more are weighed by
    ``(1 + log tf) * idf`` and scaled to length 1 (Salton & Buckley, IP&M 1988); ``terms`` holds
    one a line. The shape of a text (see `shape`) fills the last columns, standardised by
    ``mean`` and ``spread``, cut at three standard deviations, times the root of `WEIGHT`. A pair
    of texts is read as one.
    """

    terms: bytes
    idf: Floats
    mean: Floats
    spread: Floats
    _place: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        terms = self.terms.decode("utf-8", "surrogatepass").split("\n") if self.terms else []
        object.__setattr__(self, "_place", {term: i for i, term in enumerate(terms)})

    @classmethod
    def learn(cls, texts: Sequence[Text]) -> Clues:
        """The clues that ``texts`` have in common, and how rare each one is."""
        found = Counter[str]()
        for text in texts:
            found.update(dict.fromkeys(_terms(_joined(text))).keys())
        common = {term: n for term, n in found.items() if n > 1}
        idf = np.log((1 + len(texts)) / (1 + np.array([*common.values()], np.float64))) + 1
        shapes = np.array([shape(text) for text in texts])
        spread = shapes.std(axis=0)
        packed = "\n".join(common).encode("utf-8", "surrogatepass")
        return cls(packed, idf, shapes.mean(axis=0), np.where(spread > 1e-9, spread, np.inf))

    @property
    def width(self) -> int:
        """How many columns are terms; those of the shape follow."""
        return len(self.idf)

    def rows(self, texts: Sequence[Text]) -> csr_array:
        """The clues of ``texts``, shape ``[texts, terms + shapes]``."""
        cells: list[float] = []
        columns: list[int] = []
        ends = [0]
        for text in texts:
            at, weights = self._weighed(_joined(text))
            marks = (np.array(shape(text)) - self.mean) / self.spread
            cells += [*weights, *(marks.clip(-3, 3) * np.sqrt(WEIGHT / len(marks))).tolist()]
            columns += [*at, *range(self.width, self.width + len(marks))]
            ends.append(len(columns))
        wide = self.width + len(self.mean)
        return csr_array((np.array(cells), columns, ends), shape=(len(texts), wide))

    def _weighed(self, text: str) -> tuple[list[int], list[float]]:
        """The known terms of ``text`` and their weights, of length 1 together."""
        times = Counter([i for term in _terms(text) if (i := self._place.get(term)) is not None])
        at = sorted(times)
        weights = (1 + np.log([times[i] for i in at])) * self.idf[at] if at else np.zeros(0)
        return at, (weights / (np.linalg.norm(weights) or 1.0)).tolist()


def shape(text: Text) -> list[float]:
    """Numbers that do not depend on what is said: lengths, numerals, punctuation.

    Logarithms of one plus: characters, words, numerals, different numerals, digits of the longest
    numeral, each of `MARKS`; and the mean length of a word as it is.
    """
    joined = _joined(text)
    words = len(joined.split())
    numbers = _number.findall(joined)
    longest = max(map(len, numbers), default=0)
    counts = [len(joined), words, len(numbers), len(set(numbers)), longest]
    logs: list[float] = np.log1p([*counts, *map(joined.count, MARKS)]).tolist()
    return [*logs, len(joined) / max(words, 1)]


def _joined(text: Text) -> str:
    return (text if isinstance(text, str) else "\n\n".join(text))[:LIMIT]


def _terms(text: str) -> list[str]:
    tokens = signs(text.lower())
    return tokens + [f"{a} {b}" for a, b in pairwise(tokens)]
