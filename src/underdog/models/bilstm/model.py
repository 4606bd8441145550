"""A trained BiLSTM: answers without torch, unless it reads vectors in context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.text_pairs import flatten_pairs, require_same_kind
from ..onnx import networks
from ..training.examples import softmax
from ..training.padding import pad
from .words import Reader, Rows

BATCH = 64


@register("bilstm.model")
@dataclass(frozen=True, eq=False)
class BiLSTMModel:
    """The softmax of what ``graph`` says of the vectors that ``reader`` finds.

    ``alone`` reads texts one at a time: a graph in 8 bits takes its scales from all that it is
    given at once, and an answer must not depend on the company of its text.
    """

    labels: tuple[str, ...]
    reader: Reader
    graph: networks.Graph
    pair: bool
    alone: bool = False

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        require_same_kind(texts, self.pair)
        rows = self.reader.rows(flatten_pairs(texts))
        probs = softmax(self.logits(rows, len(texts)))
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "bilstm")

    def logits(self, rows: Sequence[Rows], n: int) -> Floats:
        """Logits ``[n, labels]`` for ``n`` texts read as ``rows``, twice as many for pairs."""
        logits = np.zeros((n, len(self.labels)))
        longest = np.array([max(map(len, rows[i::n])) for i in range(n)], np.intp)
        order = np.argsort(longest, kind="stable")
        for start in range(0, n, batch := 1 if self.alone else BATCH):
            at = order[start : start + batch]
            chosen = np.concatenate([at, at + n]) if self.pair else at
            logits[at] = self.graph.run(feeds([rows[i] for i in chosen], self.reader))
        return logits


def feeds(rows: Sequence[Rows], reader: Reader) -> dict[str, NDArray[Any]]:
    """The inputs of the graph for texts that ``reader`` has read as ``rows``."""
    whole, lengths = pad(rows)
    mask = np.arange(whole.shape[1])[None, :] < lengths[:, None]
    return {"x": reader.vectors(whole), "mask": mask.astype(np.float32), "lengths": lengths}
