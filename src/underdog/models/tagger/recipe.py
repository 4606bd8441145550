"""The recipe of a tagger: it learns which pieces of a text to find, and what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...core.task import require_kind
from ...core.values import pieces
from ...runtime import progress
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from .model import TaggerModel
from .tokens import OUTSIDE, Place, buckets, plain, tags, tokens
from .vectors import vectors_of

IMPOSSIBLE = -1e4
"""The score of a tag that cannot follow another: I-place after anything but a place."""

SMOOTHING = 1.0
STEPS = 200


@register("tagger", sample="", holds={"cost": Number(1e-4, 1e4)})
@dataclass(frozen=True)
class Tagger:
    """Finds pieces of a text, such as names, doses or amounts, and says what each is.

    Learns from texts whose right answer names their pieces: spans, or CoNLL files. A logistic
    regression on words, their forms and their neighbours scores the tags of each token (B-kind,
    I-kind, O); the likeliest sequence is the answer. With an ``encoder`` such as 'minilm' it also
    reads the vectors that this gives to each token. ``cost`` is the inverse weight of its penalty.
    Pieces that overlap, or that do not stand in the text, cannot be learned.
    """

    cost: float = 10.0
    encoder: str = ""

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `TaggerModel`; the seed changes nothing.

        Raises `UnderdogError` where the answers name no pieces, or no text holds those it should.
        """
        data = dataset(data)
        require_kind(data.task, "tagger", "text")
        meter = Meter()
        read, gold = _tagged(data)
        seen = [buckets(*one) for one in read]
        vectors = None
        if self.encoder:
            whole, places = zip(*read, strict=True)
            vectors = np.concatenate(vectors_of(whole, places, self.encoder))
        names = (OUTSIDE, *sorted({tag for said in gold for tag in said} - {OUTSIDE}))
        names = _completed(names)
        place = {tag: k for k, tag in enumerate(names)}
        rows = np.concatenate(seen)
        y = np.array([place[tag] for said in gold for tag in said])
        features, weights = _fit(rows, vectors, y, len(names), self.cost)
        steps = _steps([[place[tag] for tag in said] for said in gold], names)
        n = len(features)
        dense = weights[n:] if self.encoder else None
        model = TaggerModel(names, features, weights[:n], steps, self.encoder, dense)
        meter.bill(1)
        return model


def _tagged(data: Dataset) -> tuple[list[tuple[str, list[Place]]], list[list[str]]]:
    """Of each text that holds its pieces: the text, where its tokens stand, and their tags."""
    seen, gold, odd = [], [], 0
    with progress.step("reading pieces", len(data)) as advance:
        for text, label in zip(data.texts, data.labels, strict=True):
            advance(1)
            named = pieces(label, False) if label is not None else None
            if named is None:
                odd += label is not None
                continue
            read = plain(text)
            places = tokens(read)
            said = tags(read, places, named)
            if said is None:
                odd += 1
            elif said:
                seen.append((read, places))
                gold.append(said)
    if not any(tag != OUTSIDE for said in gold for tag in said):
        raise UnderdogError(
            "tagger learns which pieces of a text to find, and no text here holds the pieces that"
            " its answer names" + (f" ({odd:,} answers cannot be read so)" if odd else ""),
            'give spans: a column of lists such as [[0, 5, "person"]], or a .conll file',
        )
    return seen, gold


def _completed(names: Sequence[str]) -> tuple[str, ...]:
    """``names`` with B and I of every kind."""
    kinds = sorted({name[2:] for name in names if name != OUTSIDE})
    return (OUTSIDE, *(f"{scheme}-{kind}" for kind in kinds for scheme in "BI"))


def _fit(
    rows: NDArray[np.int64], vectors: Floats | None, y: NDArray[np.int64], n: int, cost: float
) -> tuple[NDArray[np.int64], Floats]:
    """The features of ``rows``, ``[tokens, features of one]``, each once and ascending; and the
    weights of these, and of ``vectors`` ``[tokens, width]``, for each of ``n`` tags: ``[features +
    width, tags]``.
    """
    from scipy.sparse import csr_array, hstack
    from sklearn.linear_model import LogisticRegression

    features, columns = np.unique(rows, return_inverse=True)
    starts = np.arange(0, rows.size + 1, rows.shape[1])
    x = csr_array((np.ones(rows.size), columns.ravel(), starts), shape=(len(rows), len(features)))
    x.sum_duplicates()
    if vectors is not None:
        x = hstack([x, csr_array(vectors)]).tocsr()
    present = np.unique(y)
    weights = np.full((x.shape[1], n), 0.0)
    made = LogisticRegression(C=cost, fit_intercept=False, max_iter=STEPS, tol=1e-4)
    made.fit(x, y)
    if len(present) == 2:
        weights[:, present[1]] = made.coef_[0]
    else:
        weights[:, present] = made.coef_.T
    absent = np.setdiff1d(np.arange(n), present)
    bias = np.abs(weights).max(initial=0.0) + 1.0
    weights[: len(features), absent] = -bias  # a tag that was never seen is never said
    return features.astype(np.int64), weights


def _steps(sequences: Sequence[Sequence[int]], names: Sequence[str]) -> Floats:
    """How much likelier one tag makes the next, in nats, ``[tags, tags]``.

    What each tag scores by itself is taken off: tokens know that already.
    """
    n = len(names)
    pairs = Counter((a, b) for said in sequences for a, b in zip([0, *said], said, strict=False))
    counts = np.full((n, n), SMOOTHING / n)
    for (a, b), times in pairs.items():
        counts[a, b] += times
    alone = counts.sum(axis=0) / counts.sum()
    steps: Floats = np.log(counts / counts.sum(axis=1, keepdims=True)) - np.log(alone)
    for b, after in enumerate(names):
        if after.startswith("I-"):
            fine = [a for a, before in enumerate(names) if before[2:] == after[2:]]
            steps[np.setdiff1d(np.arange(n), fine), b] = IMPOSSIBLE
    return steps
