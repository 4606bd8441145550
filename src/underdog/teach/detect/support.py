"""How far a source supports an answer, in numbers: of each sentence, and of the answer as a whole.

An answer's numbers are the mean and the least of its sentences', so that a sentence on its own is
an answer of one sentence, and a detector that has learned from whole answers can judge sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from ...core.cost import Floats
from ...core.protocols import Model
from ...core.texts import sentences
from ...models.features.tokens import split_words
from ...models.transformers.embeddings import embed
from ...runtime.meter import Meter

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NAME = re.compile(r"(?<=[\w,;] )[A-Z]\w+")
"""A word with a capital that does not begin a sentence."""

_COMMON = (
    "a an the of to in on at by for with and or but is are was were be been it its this that these"
    " those as from has have had he she they his her their i you we not do does did will would can"
)
COMMON = frozenset(_COMMON.split())
"""Words that say little; numbers of words are shares of the others."""

OF_WORDS = 6


def support(
    pairs: Sequence[tuple[str, str]], encoder: str | None = None, nli: Model | None = None
) -> tuple[Floats, Floats]:
    """Numbers of each pair (source, answer), ``[pairs, features]``, and receipts, ``[pairs, 6]``.

    Shares of the words, word pairs, numbers and names of a sentence that the source has; with an
    ``encoder`` the largest cosine with a sentence of the source; with ``nli``, a model that labels
    pairs (premise, hypothesis), its probabilities of the source and the sentence. Then how many
    sentences there are, and how long the answer is beside the source. NaN where either is blank.
    """
    meter = Meter()
    cut = [sentences(answer) for _, answer in pairs]
    flat = [(source, one) for (source, _), some in zip(pairs, cut, strict=True) for one in some]
    columns = [np.array([_words(*one) for one in flat]).reshape(len(flat), OF_WORDS)]
    if encoder:
        columns.append(_nearest(flat, encoder)[:, None])
    costs = meter.bill(len(pairs))
    owner = np.repeat(np.arange(len(pairs)), [len(some) for some in cut])
    if nli is not None:
        told = nli.answer(flat)
        columns.append(told.matrix(told.labels)[:, 1:])
        np.add.at(costs, owner, told.costs)
    rows = np.hstack(columns)
    found = np.full((len(pairs), 2 * rows.shape[1] + 2), np.nan)
    for i, (source, answer) in enumerate(pairs):
        own = rows[owner == i]
        if len(own) and source.strip():
            lengths = [np.log1p(len(cut[i])), np.log1p(len(answer)) - np.log1p(len(source))]
            found[i] = [*_pooled(own, np.mean), *_pooled(own, np.min), *lengths]
    return found, costs


def _pooled(rows: Floats, pool: Callable[[Floats], float]) -> list[float]:
    """A number for each column, over the sentences that have one; NaN where none has."""
    columns = [column[~np.isnan(column)] for column in rows.T]
    return [float(pool(one)) if one.size else np.nan for one in columns]


def _words(source: str, sentence: str) -> list[float]:
    theirs = [word.lower() for word in split_words(source)]
    mine = [word.lower() for word in split_words(sentence)]
    content = [word for word in mine if word not in COMMON]
    has, has_pairs = set(theirs), set(pairwise(theirs))
    stems = {word[:5] for word in theirs}
    return [
        _share([word in has for word in content]),
        _share([word[:5] in stems for word in content]),
        _share([pair in has_pairs for pair in pairwise(mine)]),
        _share([number in NUMBER.findall(source) for number in NUMBER.findall(sentence)]),
        _share([name.lower() in has for name in NAME.findall(sentence)]),
        np.log1p(len(mine)),
    ]


def _share(facts: list[bool]) -> float:
    return sum(facts) / len(facts) if facts else np.nan


def _nearest(flat: Sequence[tuple[str, str]], encoder: str) -> Floats:
    """The largest cosine of each sentence with one of its source, ``[sentences]``."""
    if not flat:
        return np.zeros(0)
    parts = {source: sentences(source) or [source] for source, _ in flat}
    texts = list(
        dict.fromkeys([one for some in [*parts.values(), [b for _, b in flat]] for one in some])
    )
    vectors = dict(zip(texts, embed(texts, encoder), strict=True))
    theirs = {source: np.stack([vectors[one] for one in some]) for source, some in parts.items()}
    return np.array([float((theirs[a] @ vectors[b]).max()) for a, b in flat], np.float64)
