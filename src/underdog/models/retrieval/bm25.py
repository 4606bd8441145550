"""An index of words: BM25 by the library bm25s."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.passages import Hit, Pairs, Passages, Strings
from ...data.ranking import best
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from .words import words

Ids = NDArray[np.int32]


@register("bm25", sample="bm25()", holds={"k1": Number(0), "b": Number(0, 1)})
@dataclass(frozen=True)
class BM25:
    """Passages that share rare words with the query (Robertson and Zaragoza, 2009).

    The formula is Lucene's, scored by the library bm25s. ``k1`` says how soon more of the same
    word counts no more, ``b`` how much a long passage is held against it. Words are compared in
    lower case, without the commonest English ones and without plural endings. Needs no training,
    and finds names, codes and numbers that vectors miss.
    """

    k1: float = 1.5
    b: float = 0.75

    def over(self, passages: Passages, pairs: Pairs | None = None) -> BM25Index:
        """The index of ``passages``; `UnderdogError` if there is no text in them."""
        return _built(self.k1, self.b, passages.require(), {}, [])


def _disagreement(index: BM25Index) -> str:
    """What is wrong with the parts of an index together; nothing if all is well.

    What overlapped would be far longer together than the file that holds it.
    """
    for ends, whole in ((index.ends, len(index.tokens)), (index.starts, len(index.scores))):
        if (ends[1:] < ends[:-1]).any() or (ends[-1] if len(ends) else whole) != whole:
            return "its passages, or its words, do not lie one after another"
    return ""


@register(
    "bm25.index",
    holds={
        "tokens": Array("tokens_of_all", low=0, below="vocabulary"),
        "ends": Array("passages", low=0),
        "scores": Array("entries"),
        "places": Array("entries", low=0, below="passages"),
        "starts": Array("vocabulary+1", low=0),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class BM25Index:
    """What each word of ``vocabulary`` adds to the score of each passage: computed beforehand.

    ``tokens`` are the word ids of all passages, which ``ends`` parts; they are kept so that
    passages can be added. ``scores`` and ``places``, ``[entries]``, are grouped by word, from
    ``starts``, ``[words + 1]``.
    """

    passages: Passages
    vocabulary: Strings
    tokens: Ids
    ends: NDArray[np.int64]
    scores: NDArray[np.float32]
    places: Ids
    starts: NDArray[np.int64]
    k1: float
    b: float

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The passages with the highest scores; those that share no word with a query are none."""
        meter, found = Meter(), []
        for query in queries:
            scores = self.score(query)
            rows = best(scores, k, least=0.0)
            found.append([self.passages.hit(int(row), float(scores[row])) for row in rows])
        meter.bill(len(queries))
        return found

    def score(self, query: str) -> NDArray[np.float32]:
        """The score of every passage, ``[passages]``; 0 where no word is shared."""
        known = self._ids
        ids = [known[word] for word in words(query, _common()) if word in known]
        scores: NDArray[np.float32] = self._engine.get_scores_from_ids(ids)
        return scores

    def added(self, passages: Passages) -> BM25Index:
        """The index of these passages too; rare words are counted over all of them."""
        starts = (0, *self.ends.tolist())
        ids = [self.tokens[a:b].tolist() for a, b in pairwise(starts)]
        return _built(self.k1, self.b, self.passages + passages, dict(self._ids), ids)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.vocabulary)}

    @cached_property
    def _engine(self) -> Any:
        engine = _engine(self.k1, self.b)
        engine.scores = {
            "data": self.scores,
            "indices": self.places,
            "indptr": self.starts,
            "num_docs": len(self.passages),
        }
        engine.nonoccurrence_array = None
        return engine


def _built(
    k1: float, b: float, passages: Passages, known: dict[str, int], ids: list[list[int]]
) -> BM25Index:
    """The index of ``passages``, of which the first have the word ``ids`` by ``known``."""
    engine, common = _engine(k1, b), _common()
    for text in passages.texts[len(ids) :]:
        ids.append([known.setdefault(word, len(known)) for word in words(text, common)])
    if not known:  # nothing but common words: an index in which nothing is found
        known[""] = 0
    with np.errstate(invalid="ignore"):  # no passage has a word: their mean length is 0
        engine.index((ids, dict(known)), create_empty_token=False, show_progress=False)
    return BM25Index(
        passages,
        Strings.of(known),
        _flat(ids),
        np.cumsum([len(row) for row in ids], dtype=np.int64),
        engine.scores["data"],
        engine.scores["indices"],
        engine.scores["indptr"],
        k1,
        b,
    )


def _flat(ids: Iterable[Sequence[int]]) -> Ids:
    return np.array([i for row in ids for i in row], np.int32)


def _engine(k1: float, b: float) -> Any:
    return require("bm25s", "ground").BM25(k1=k1, b=b, method="lucene", backend="numpy")


def _common() -> frozenset[str]:
    require("bm25s", "ground")
    from bm25s.stopwords import STOPWORDS_EN

    return frozenset(STOPWORDS_EN)
