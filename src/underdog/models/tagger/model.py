"""The fitted tagger: tokens scored by a linear model, and the likeliest sequence of tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.values import as_pieces
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array
from .tokens import BUCKETS, buckets, pieces_of, plain, tokens
from .vectors import vectors_of


def _disagreement(m: Any) -> str:
    """What is wrong with a `TaggerModel` that has the fields of ``m``."""
    return "" if bool(m.encoder) == (m.dense is not None) else "encoder and weights do not agree"


@register(
    "tagger.model",
    holds={
        "features": Array("features", low=0, below=BUCKETS),
        "weights": Array("features", "tags"),
        "steps": Array("tags", "tags"),
        "dense": Array("width", "tags"),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class TaggerModel:
    """Gives the pieces of a text, as `core.values.as_pieces` writes them.

    ``features`` are the hashed features that training saw, ascending; ``weights``, ``[features,
    tags]``, are their logits; ``steps``, ``[tags, tags]``, the score of one tag after another.
    With an ``encoder``, ``dense``, ``[width, tags]``, are the weights of its vectors.
    """

    tags: tuple[str, ...]
    features: NDArray[np.int64]
    weights: Floats
    steps: Floats
    encoder: str = ""
    dense: Floats | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The pieces of each text; ``sure`` is the probability that all its tags are right.

        The tags of a text are taken to be independent for it. Both sides of a pair are read.
        """
        meter = Meter()
        values, sure = [], np.ones(len(texts))
        whole = [plain(text) for text in texts]
        spots = [tokens(read) for read in whole]
        vectors: Sequence[Floats | None] = [None] * len(texts)
        if self.encoder:
            vectors = vectors_of(whole, spots, self.encoder)
        for i, (read, places) in enumerate(zip(whole, spots, strict=True)):
            said: list[str] = []
            if places:
                scores = self.scores(buckets(read, places), vectors[i])
                path = likeliest(scores, self.steps)
                said = [self.tags[k] for k in path]
                sure[i] = float(np.exp(scores[np.arange(len(path)), path].sum()))
            values.append(as_pieces(pieces_of(read, places, said)))
        answers = Answers.said(values, meter.bill(len(texts)), "tagger")
        return replace(answers, sure=sure)

    def scores(self, seen: NDArray[np.int64], vectors: Floats | None = None) -> Floats:
        """Log-probabilities of the tags of tokens that look like ``seen``: ``[tokens, tags]``.

        ``vectors`` are those of the encoder, ``[tokens, width]``.
        """
        at = np.searchsorted(self.features, seen)
        at[at == len(self.features)] = 0
        known = (self.features[at] == seen).astype(np.float64)
        rows = np.einsum("tf,tfk->tk", known, self.weights[at])
        if vectors is not None and self.dense is not None:
            rows += vectors @ self.dense
        rows -= rows.max(axis=1, keepdims=True)
        logs: Floats = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
        return logs


def likeliest(scores: Floats, steps: Floats) -> NDArray[np.int64]:
    """The sequence of tags with the highest sum of ``scores`` ``[tokens, tags]`` and ``steps``
    (Viterbi, 1967): ``[tokens]``. Before the first token stands the first tag, which is O.
    """
    best = scores[0] + steps[0]
    came = np.zeros(scores.shape, np.int64)
    into, tags = steps.T.copy(), np.arange(len(steps))
    for i in range(1, len(scores)):
        whole = into + best
        came[i] = before = whole.argmax(axis=1)
        best = whole[tags, before] + scores[i]
    path = np.empty(len(scores), np.int64)
    path[-1] = best.argmax()
    for i in range(len(scores) - 1, 0, -1):
        path[i - 1] = came[i, path[i]]
    return path
