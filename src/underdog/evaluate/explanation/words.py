"""Which words go with each answer: by how much commoner they are there than elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...core.data import Text

FEWEST = 10
"""Texts that a label must have for its words to be told."""

LABELS, WORDS, LEAST = 30, 8, 3
"""Labels whose words are looked for at most; words of each; texts that a word must occur in."""

CLEAR = 2.0
"""Standard errors by which a word must be commoner."""

WORD = re.compile(r"[^\W\d_][\w'’-]+")


def words_of(
    texts: Sequence[Text], values: Sequence[str | None], labels: Sequence[str], most: int = WORDS
) -> dict[str, list[str]]:
    """For each of ``labels`` the words that set its texts apart, strongest first.

    ``values`` are the labels of ``texts``. By the log-odds of a word in texts with this label
    against the others, with the whole as prior and divided by their standard error (Monroe,
    Colaresi & Quinn, Political Analysis 2008). What a model itself looks at is not asked: the
    words go with its answers.
    """
    bags = [{w.casefold() for part in _parts(t) for w in WORD.findall(part)} for t in texts]
    whole = Counter(word for bag in bags for word in bag)
    common = [word for word, n in whole.items() if n >= LEAST]
    found = {}
    for label in labels:
        mine = [bag for bag, value in zip(bags, values, strict=True) if value == label]
        if len(mine) >= FEWEST and len(mine) < len(bags):
            inside = Counter(word for bag in mine for word in bag)
            scored = {
                word: _odds(inside[word], len(mine), whole[word], len(bags)) for word in common
            }
            best = sorted(scored, key=lambda word: (-scored[word], word))[:most]
            found[label] = [word for word in best if scored[word] > CLEAR]
    return found


def _odds(inside: int, mine: int, having: int, texts: int) -> float:
    """The log-odds of the label, which ``mine`` of ``texts`` have, with a word against without it.

    ``having`` texts have the word, ``inside`` of them the label. In standard errors.
    """
    prior = mine / texts
    a, b = inside + prior, mine - inside + prior
    gap = np.log(a / (having + 1 - a)) - np.log(b / (texts - having + 1 - b))
    return float(gap / np.sqrt(1 / a + 1 / b))


def _parts(text: Text) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)
