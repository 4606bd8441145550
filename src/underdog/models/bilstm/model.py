"""A trained BiLSTM, which answers without torch unless its embeddings are contextual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Explanation
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.text_pairs import flatten_pairs, require_same_kind
from ..onnx import networks
from ..training.examples import softmax
from ..training.padding import pad
from .explained import explain_bilstm
from .words import Rows, WordReader

BATCH = 64


@register("bilstm.model")
@dataclass(frozen=True, eq=False)
class BiLSTMModel:
    """The softmax of the logits of ``graph`` for the word vectors that ``reader`` finds.

    ``alone`` runs one text at a time: a quantized graph scales its activations per batch, and an
    answer must not depend on the other texts.
    """

    labels: tuple[str, ...]
    reader: WordReader
    graph: networks.Graph
    pair: bool
    alone: bool = False

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        require_same_kind(texts, self.pair)
        rows = self.reader.rows(flatten_pairs(texts))
        probs = softmax(self.logits(rows, len(texts)))
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "bilstm")

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """What each word adds to the logits, by integrated gradients where they can be had."""
        return explain_bilstm(self, texts)

    def logits(self, rows: Sequence[Rows], n: int) -> Floats:
        """Logits ``[n, labels]`` for ``n`` texts read as ``rows``, or as ``2 n`` rows for pairs."""
        logits = np.zeros((n, len(self.labels)))
        longest = np.array([max(map(len, rows[i::n])) for i in range(n)], np.intp)
        order = np.argsort(longest, kind="stable")
        for start in range(0, n, batch := 1 if self.alone else BATCH):
            batch_rows = order[start : start + batch]
            chosen = np.concatenate([batch_rows, batch_rows + n]) if self.pair else batch_rows
            inputs = feeds([rows[i] for i in chosen], self.reader)
            logits[batch_rows] = self.graph.run(inputs, (len(batch_rows), len(self.labels)))
        return logits


def feeds(rows: Sequence[Rows], reader: WordReader) -> dict[str, NDArray[Any]]:
    """The inputs of the graph for texts that ``reader`` has read as ``rows``.

    They are ``x`` ``[texts, words, width]``, ``mask`` ``[texts, words]`` and ``lengths``
    ``[texts]``.
    """
    padded, lengths = pad(rows)
    mask = np.arange(padded.shape[1])[None, :] < lengths[:, None]
    return {"x": reader.vectors(padded), "mask": mask.astype(np.float32), "lengths": lengths}
