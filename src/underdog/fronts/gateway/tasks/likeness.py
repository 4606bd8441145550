"""How like a text is to those that a small model learned from: strange ones go to the upstream.

A confidence says nothing about a text of another kind: a classifier is sure of what it never saw.
So a text is also compared with its nearest neighbours among the training texts: by the cosine of
their sentence vectors where the small model computes those anyway, else by that of their words,
rare words counting more. Words are kept as checksums: no text is stored here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ....core.answer import Answers
from ....core.data import Text, normal
from ....core.protocols import Model, children
from ....models.features.tokens import split_words
from ....runtime.registry import name_of, register
from ....runtime.schema import Array

T = TypeVar("T")

NEAREST = 3
"""Training texts whose mean likeness counts."""

STRANGE = 0.01
"""The share of the training texts that would pass for strange, each beside all others."""

MOST_TEXTS, MOST_WORDS, FEWEST_TEXTS = 2000, 100_000, 50
"""Training texts that are compared, and words in all of them: a comparison takes .1 ms at most."""

MOST_VECTORS = 1000
"""Training texts whose sentence vectors are compared."""

LONGEST = 20_000
"""Characters of a text that are read."""

IDEOGRAPHS = "\u2e80"
"""From here on, a run of letters is no word: its pairs of letters are compared instead."""


def _disagreement(m: Any) -> str:
    """What is wrong with a `Likeness` that has the fields of ``m``."""
    steps = np.diff(m.starts)
    fine = m.starts[0] == 0 and m.starts[-1] == len(m.rows) and (steps >= 0).all()
    return "" if fine else "starts do not fit the rows"


@register(
    "gateway.likeness",
    holds={
        "words": Array("vocabulary"),
        "rarity": Array("vocabulary"),
        "starts": Array("vocabulary+1"),
        "rows": Array("entries", low=0, below="texts"),
        "weights": Array("entries"),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class Likeness:
    """An inverted index of ``texts`` training texts.

    Word ``words[i]``, a checksum, has the weight ``rarity[i]``, and stands in the texts
    ``rows[starts[i] : starts[i + 1]]``; ``weights`` beside them are what it adds to the cosine.
    ``unseen`` is the weight of any other word. Texts less alike than ``least`` are strange.
    """

    words: NDArray[np.int64]
    rarity: NDArray[np.float64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    weights: NDArray[np.float64]
    unseen: float
    texts: int
    least: float

    @classmethod
    def of(cls, texts: Sequence[Text]) -> Likeness:
        """The index of training ``texts``, of which equal ones count once."""
        distinct = list({normal(text): text for text in texts}.values())
        read = [sorted(set(_words(text))) for text in _some(distinct)]
        words, at = np.unique(np.array([w for text in read for w in text], np.int64), False, True)
        rows = np.repeat(np.arange(len(read)), [len(text) for text in read])
        counts = np.bincount(at, minlength=len(words))
        rarity = np.log((1 + len(read)) / (1 + counts)) + 1
        unseen = float(np.log(1 + len(read)) + 1)
        lengths = np.sqrt(np.bincount(rows, rarity[at] ** 2, len(read)))
        order = np.argsort(at, kind="stable")
        weights = (rarity[at] ** 2 / lengths[rows])[order]
        starts = np.concatenate(([0], np.cumsum(counts)))
        made = cls(words, rarity, starts, rows[order], weights, unseen, len(read), 0.0)
        own = [_near(made._scores(text), i) for i, text in enumerate(read)]
        least = float(np.quantile(own, STRANGE)) if len(own) >= FEWEST_TEXTS else 0.0
        return cls(words, rarity, starts, rows[order], weights, unseen, len(read), least)

    def alike(self, text: Text) -> float:
        """How like ``text`` is to its nearest training texts, from 0 to 1."""
        return _near(self._scores(set(_words(text))), None)

    def strange(self, text: Text) -> bool:
        """Whether ``text`` is less like the training texts than nearly all of them are."""
        return self.least > 0 and self.alike(text) < self.least

    @cached_property
    def _places(self) -> dict[int, int]:
        return {word: i for i, word in enumerate(self.words.tolist())}

    def _scores(self, words: Sequence[int] | set[int]) -> NDArray[np.float64]:
        """The cosine of a text of these distinct ``words`` with each training text."""
        found = [at for word in words if (at := self._places.get(word)) is not None]
        if not found:
            return np.zeros(self.texts)
        spans = [slice(self.starts[at], self.starts[at + 1]) for at in found]
        rows = np.concatenate([self.rows[span] for span in spans])
        weights = np.concatenate([self.weights[span] for span in spans])
        unseen = (len(words) - len(found)) * self.unseen**2
        length = np.sqrt((self.rarity[found] ** 2).sum() + unseen)
        scores: NDArray[np.float64] = np.bincount(rows, weights, self.texts) / length
        return scores


@register("gateway.nearness", holds={"rows": Array("texts", "width")})
@dataclass(frozen=True, eq=False)
class Nearness:
    """Sentence vectors of training texts by ``encoder``, ``[texts, width]``.

    Texts less alike than ``least`` are strange.
    """

    encoder: str
    rows: NDArray[np.float16]
    least: float

    @classmethod
    def of(cls, texts: Sequence[Text], encoder: str) -> Nearness:
        """The vectors of training ``texts``, of which equal ones count once."""
        from ....models.transformers.embeddings import embed_cached

        distinct = list({normal(text): _read(text) for text in texts}.values())
        rows = embed_cached(_drawn(distinct, MOST_VECTORS), encoder).astype(np.float16)
        made = cls(encoder, rows, 0.0)
        own = [_near(scores, i) for i, scores in enumerate(made._scores(made._whole))]
        enough = len(own) >= FEWEST_TEXTS
        return cls(encoder, rows, float(np.quantile(own, STRANGE)) if enough else -1.0)

    def alike(self, text: Text) -> float:
        """How like ``text`` is to its nearest training texts, from -1 to 1."""
        from ....models.transformers.embeddings import embed_latest

        return _near(self._scores(embed_latest(_read(text), self.encoder)), None)

    def strange(self, text: Text) -> bool:
        """Whether ``text`` is less like the training texts than nearly all of them are."""
        return self.alike(text) < self.least

    @cached_property
    def _whole(self) -> NDArray[np.float32]:
        return self.rows.astype(np.float32)

    def _scores(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = vectors @ self._whole.T
        return scores


@register("gateway.gated")
@dataclass(frozen=True, eq=False)
class Gated:
    """A small model, and how like a text is to those that it learned from."""

    model: Model
    likeness: Likeness | Nearness

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers of the small model, of the shape of ``texts``."""
        return self.model.answer(texts)


def likeness(model: Model, texts: Sequence[Text]) -> Likeness | Nearness:
    """How like a text is to ``texts``, as it is quickest told beside the answers of ``model``."""
    encoder = _encoder(model)
    return Nearness.of(texts, encoder) if encoder else Likeness.of(texts)


def _encoder(model: Model) -> str:
    """The sentence encoder that answers of ``model`` need; empty if none."""
    if name_of(type(model)) == "frozen.model":
        return str(getattr(model, "encoder", ""))
    if name_of(type(model)) == "ensemble.model":
        return next(filter(None, map(_encoder, children(model))), "")
    return ""


def _near(scores: NDArray[Any], own: int | None) -> float:
    """The mean of the highest scores, without that of the text itself."""
    if own is not None:
        scores[own] = -1.0
    few = min(NEAREST, len(scores) - (own is not None))
    return float(np.partition(scores, -few)[-few:].mean()) if few > 0 else 0.0


def _some(texts: list[Text]) -> list[Text]:
    """Training texts to compare with: as many as keep a comparison short, drawn at random."""
    seen = texts[:MOST_TEXTS]
    each = sum(len(_read(text)) for text in seen) / 6 / max(1, len(seen))  # words of a text
    most = int(min(MOST_TEXTS, max(FEWEST_TEXTS, MOST_WORDS / max(1.0, each))))
    return _drawn(texts, most)


def _drawn(texts: list[T], most: int) -> list[T]:
    """``most`` of the texts, drawn at random; all if there are fewer."""
    if len(texts) <= most:
        return texts
    drawn = np.random.default_rng(0).choice(len(texts), most, replace=False)
    return [texts[i] for i in np.sort(drawn).tolist()]


def _words(text: Text) -> Iterator[int]:
    for word in split_words(_read(text).lower()):
        if max(word) < IDEOGRAPHS or len(word) == 1:
            yield crc32(word.encode())
        else:
            yield from (crc32(word[i : i + 2].encode()) for i in range(len(word) - 1))


def _read(text: Text) -> str:
    whole = text if isinstance(text, str) else "\n".join(text)
    return whole[:LONGEST]
