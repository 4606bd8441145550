"""What labelled examples say of a text by their words alone: which label it probably has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...combine.demonstrations import Shot, Words, words
from ...core.cost import Floats
from ...core.data import Text

SMOOTH = 0.5
"""Added to the count of each word: what was never seen is not impossible."""


class Beliefs:
    """Naive Bayes over the words of ``shots``; a text that is one of them does not count itself."""

    def __init__(self, shots: Sequence[Shot], index: Words) -> None:
        self.labels = sorted({label for _, label in shots})
        self.place = {label: k for k, label in enumerate(self.labels)}
        self.of_shots = np.array([self.place[label] for _, label in shots], np.intp)
        self.index, self.own = index, {text: label for text, label in shots}
        member = np.zeros((len(shots), len(self.labels)))
        member[np.arange(len(shots)), self.of_shots] = 1.0
        self.counts: Floats = np.asarray((index.has.T @ member).T, np.float64)
        self.sizes: Floats = member.sum(axis=0)

    def agree(self, text: Text) -> Floats:
        """The probability that ``text`` has the label of each shot, less that of any, ``[shots]``.

        0 where labels do not repeat, as those of tasks whose answers are texts.
        """
        k = len(self.labels)
        if k < 2 or k > len(self.of_shots) / 2:
            return np.zeros(len(self.of_shots))
        known = [self.index.place[word] for word in {*words(text)} if word in self.index.place]
        counts, sizes = self.counts[:, known].copy(), self.sizes.copy()
        if text in self.own:
            mine = self.place[self.own[text]]
            counts[mine] -= 1.0
            sizes[mine] -= 1.0
        share = (np.maximum(counts, 0.0) + SMOOTH) / (sizes[:, None] + 2 * SMOOTH)
        log = np.log(np.maximum(sizes, SMOOTH)) + np.log(share).sum(axis=1)
        p = np.exp(log - log.max())
        found: Floats = (p / p.sum())[self.of_shots] - 1 / k
        return found
