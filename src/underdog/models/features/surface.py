"""Surface features of a text: its tokens, pairs of neighbouring tokens, lengths and punctuation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ...core.cost import Floats
from ...core.data import Text
from ...runtime.registry import register
from ...runtime.schema import Array
from .tokens import MAX_CHARS, split_words_and_marks

PUNCTUATION = '.,;:?!%$/=()"\n'
"""Characters that `shape_features` counts."""

SHAPE_WEIGHT = 0.1
"""Squared length of the shape columns of a row; that of the token columns is 1."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def _disagreement(m: Any) -> str:
    """What is wrong with `SurfaceFeatures` that have the fields of ``m``."""
    terms = m.terms.count(b"\n") + 1 if m.terms else 0
    whole = len(m.idf) == terms and len(m.mean) == len(shape_features(""))
    return "" if whole else "terms and weights do not agree"


@register(
    "ridge.clues",
    holds={
        "idf": Array("terms_known"),
        "mean": Array("shapes"),
        "spread": Array("shapes", low=1e-9, inf=True),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class SurfaceFeatures:
    """Turns texts into sparse rows of surface features; learned once, then fixed.

    Tokens are words and single punctuation marks, because the way a question is asked helps to
    predict who can answer it. Tokens and pairs of neighbouring tokens that occur in at least two
    texts are weighted by ``(1 + log tf) * idf`` and scaled to length 1 (Salton & Buckley, IP&M
    1988). ``terms`` holds them one per line and ``idf``, ``[terms]``, their weights. The last
    columns hold the `shape_features`: standardised by ``mean`` and ``spread``, both ``[shapes]``,
    clipped at three standard deviations and scaled to `SHAPE_WEIGHT`. The two sides of a pair are
    joined into one text.
    """

    terms: bytes
    idf: Floats
    mean: Floats
    spread: Floats
    _column: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        terms = self.terms.decode("utf-8", "surrogatepass").split("\n") if self.terms else []
        object.__setattr__(self, "_column", {term: i for i, term in enumerate(terms)})

    @classmethod
    def learn(cls, texts: Sequence[Text]) -> SurfaceFeatures:
        """Learn from ``texts`` the terms that at least two share, their idf, and the shape
        scale.
        """
        counts = Counter[str]()
        for text in texts:
            counts.update(dict.fromkeys(_terms(_joined(text))).keys())
        shared = {term: n for term, n in counts.items() if n > 1}
        idf = np.log((1 + len(texts)) / (1 + np.array([*shared.values()], np.float64))) + 1
        shapes = np.array([shape_features(text) for text in texts])
        spread = shapes.std(axis=0)
        terms = "\n".join(shared).encode("utf-8", "surrogatepass")
        return cls(terms, idf, shapes.mean(axis=0), np.where(spread > 1e-9, spread, np.inf))

    @property
    def width(self) -> int:
        """Number of term columns; the shape columns follow them."""
        return len(self.idf)

    def rows(self, texts: Sequence[Text]) -> csr_array:
        """The features of ``texts``, a sparse matrix of shape ``[texts, terms + shapes]``."""
        cells: list[float] = []
        columns: list[int] = []
        ends = [0]
        for text in texts:
            term_columns, weights = self._weighted_terms(_joined(text))
            shapes = (np.array(shape_features(text)) - self.mean) / self.spread
            cells += [
                *weights,
                *(shapes.clip(-3, 3) * np.sqrt(SHAPE_WEIGHT / len(shapes))).tolist(),
            ]
            columns += [*term_columns, *range(self.width, self.width + len(shapes))]
            ends.append(len(columns))
        width = self.width + len(self.mean)
        return csr_array((np.array(cells), columns, ends), shape=(len(texts), width))

    def _weighted_terms(self, text: str) -> tuple[list[int], list[float]]:
        """The columns of the known terms in ``text`` and their weights, scaled to length 1."""
        counts = Counter([i for term in _terms(text) if (i := self._column.get(term)) is not None])
        columns = sorted(counts)
        weights = (
            (1 + np.log([counts[i] for i in columns])) * self.idf[columns]
            if columns
            else np.zeros(0)
        )
        return columns, (weights / (np.linalg.norm(weights) or 1.0)).tolist()


def shape_features(text: Text) -> list[float]:
    """Numbers that do not depend on the words: lengths, numerals and punctuation, ``[shapes]``.

    The first are ``log(1 + n)`` of these counts: characters, words, numerals, distinct numerals,
    digits of the longest numeral, and each character of `PUNCTUATION`. The last is the mean length
    of a word in characters.
    """
    joined = _joined(text)
    words = len(joined.split())
    numbers = _NUMBER.findall(joined)
    longest = max(map(len, numbers), default=0)
    counts = [len(joined), words, len(numbers), len(set(numbers)), longest]
    logs: list[float] = np.log1p([*counts, *map(joined.count, PUNCTUATION)]).tolist()
    return [*logs, len(joined) / max(words, 1)]


def _joined(text: Text) -> str:
    return (text if isinstance(text, str) else "\n\n".join(text))[:MAX_CHARS]


def _terms(text: str) -> list[str]:
    tokens = split_words_and_marks(text.lower())
    return tokens + [f"{a} {b}" for a, b in pairwise(tokens)]
