"""What a text shows besides its grades: length, repetition, how much is copied, how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.texts import sentences
from .reading import source, words

NAMES = (
    *("words", "sentences", "longest sentence", "shortest sentence", "distinct words"),
    *("repeated pairs", "repeated triples", "digits", "marks", "capitals", "begins small"),
    *("ends whole", "new words", "new pairs", "new triples", "longest copy", "copied in a row"),
    *("place in the source", "share of the source", "known words"),
)
"""Features of an output, in the order of `features`."""


def features(texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
    """The numbers of each output, ``[outputs, features]``; NaN where one cannot be told."""
    rows = [
        _own(value) + _beside(words(value), words(source(text)))
        for text, value in zip(texts, values, strict=True)
    ]
    return np.array(rows, np.float64).reshape(len(rows), len(NAMES))


def _own(text: str) -> list[float]:
    said, cut = words(text), sentences(text)
    sizes = [len(words(sentence)) for sentence in cut] or [0]
    n, characters = max(1, len(said)), max(1, len(text))
    pairs, triples = list(pairwise(said)), list(zip(said, said[1:], said[2:], strict=False))
    return [
        np.log1p(len(said)),
        float(len(cut)),
        np.log1p(max(sizes)),
        np.log1p(min(sizes)),
        len(set(said)) / n,
        1 - len(set(pairs)) / max(1, len(pairs)),
        1 - len(set(triples)) / max(1, len(triples)),
        sum(map(str.isdigit, text)) / characters,
        sum(not c.isalnum() and not c.isspace() for c in text) / characters,
        sum(map(str.isupper, text)) / characters,
        float(text.lstrip()[:1].islower()),
        float(text.rstrip()[-1:] in tuple(".!?。！？\"'”")),
    ]


def _beside(said: Sequence[str], given: Sequence[str]) -> list[float]:
    """How an output's words stand to those of its source; NaN without a source."""
    if not given or not said:
        return [np.nan] * 8
    known: dict[str, list[int]] = {}
    for place, word in enumerate(given):
        known.setdefault(word, []).append(place)
    new = []
    for size in (1, 2, 3):
        theirs = {tuple(given[i : i + size]) for i in range(len(given) - size + 1)}
        mine = [tuple(said[i : i + size]) for i in range(len(said) - size + 1)]
        new.append(sum(gram not in theirs for gram in mine) / max(1, len(mine)))
    runs = _runs(said, given, known)
    places = [start / len(given) for _, start in runs]
    longest = max((n for n, _ in runs), default=0)
    counts, whole = Counter(said), Counter(given)
    return [
        *new,
        longest / len(said),
        sum(n * n for n, _ in runs) / len(said),
        float(np.mean(places)) if places else np.nan,
        np.log1p(len(said)) - np.log1p(len(given)),
        (counts & whole).total() / len(said),
    ]


def _runs(
    said: Sequence[str], given: Sequence[str], known: dict[str, list[int]]
) -> list[tuple[int, int]]:
    """Fragments copied from the source, greedily: their lengths, and where they begin there."""
    runs, i = [], 0
    while i < len(said):
        best = (0, 0)
        for place in known.get(said[i], ())[:50]:
            n = 0
            while i + n < len(said) and place + n < len(given) and said[i + n] == given[place + n]:
                n += 1
            best = max(best, (n, -place))
        if best[0]:
            runs.append((best[0], -best[1]))
        i += max(1, best[0])
    return runs
