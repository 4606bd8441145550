"""What labelled examples say of a text by their words alone: which label it probably has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...combine.demonstrations import Shot, Words, words
from ...core.cost import Floats
from ...core.data import Text
from ...core.language import log_softmax

SHARPNESS = np.geomspace(0.05, 2.0, 16)
"""Factors of log-probabilities, of which the one is taken that predicts the examples best."""


class Beliefs:
    """Naive Bayes over the words of ``shots``; a text that is one of them does not count itself.

    Words are not independent, so that naive Bayes is too sure: its log-probabilities are shrunk by
    the factor that makes the labels of the shots likeliest, each without itself.
    """

    def __init__(self, shots: Sequence[Shot], index: Words) -> None:
        self.labels = sorted({label for _, label in shots})
        place = {label: k for k, label in enumerate(self.labels)}
        self.of_shots = np.array([place[label] for _, label in shots], np.intp)
        self.repeat = 2 <= len(self.labels) <= len(shots) / 2
        self.index, self.own = index, {text: place[label] for text, label in shots}
        member = np.eye(max(1, len(self.labels)))[self.of_shots]
        self.counts: Floats = np.asarray((index.has.T @ member).T, np.float64)
        self.sizes: Floats = member.sum(axis=0)
        self.sharpness = 1.0
        if self.repeat:
            raw = np.array([self._raw(text) for text, _ in shots])
            rows = np.arange(len(shots))
            fits = [log_softmax(raw * by)[rows, self.of_shots].mean() for by in SHARPNESS]
            self.sharpness = float(SHARPNESS[int(np.argmax(fits))])

    def of(self, text: Text) -> Floats:
        """The probability of each of ``labels``; all are equal where labels do not repeat, as those
        of tasks whose answers are texts.
        """
        if not self.repeat:
            return np.full(len(self.labels), 1 / max(1, len(self.labels)))
        found: Floats = np.exp(log_softmax(self.sharpness * self._raw(text)))
        return found

    def _raw(self, text: Text) -> Floats:
        known = [self.index.place[word] for word in {*words(text)} if word in self.index.place]
        counts, sizes = self.counts[:, known], self.sizes.copy()
        if text in self.own:
            counts[self.own[text]] -= 1.0
            sizes[self.own[text]] -= 1.0
        share = (np.maximum(counts, 0.0) + 1.0) / (sizes[:, None] + 2.0)
        found: Floats = np.log(np.maximum(sizes, 0.5)) + np.log(share).sum(axis=1)
        return found
