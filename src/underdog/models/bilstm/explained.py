"""Integrated gradients of a BiLSTM, without torch: slopes along the path, from differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Explanation, Token
from ...core.explaining.deletion import MOST, divided, occlusion
from ..features.text_pairs import flatten_pairs
from ..onnx import networks
from .words import LearnedVectors, StaticVectors, Vectors, WordReader

METHOD = "integrated gradients"

STEPS = 16
"""Points on the path from no words to all, at which slopes are measured."""

STEP = 0.01
"""How far the path is left on either side of a point; large enough for 32-bit numbers."""

LONGEST = 400
"""Words of a text up to which slopes are measured; in longer texts words are deleted instead."""


class _Network(Protocol):
    """What is asked of a BiLSTM: its parts and its answers."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def reader(self) -> WordReader: ...
    @property
    def graph(self) -> networks.Graph: ...
    @property
    def alone(self) -> bool: ...
    def answer(self, texts: Sequence[Text]) -> Answers: ...


def explain_bilstm(model: _Network, texts: Sequence[Text]) -> list[Explanation]:
    """What each word adds to the logits, by integrated gradients from zero vectors.

    (Sundararajan et al., ICML 2017.) A word contributes the mean slope of the logits in the
    direction of its vectors, on the straight path from zero vectors to those of the text. The
    contributions add up to the logits but for the error of `STEPS` points. Words are deleted
    instead (`occlusion`) in long texts, for contextual vectors, and for graphs in 8 bits.
    """
    return [_one(model, text) for text in texts]


def _one(model: _Network, text: Text) -> Explanation:
    reader = model.reader
    if model.alone or not isinstance(reader, LearnedVectors | StaticVectors):
        return occlusion(model, [text])[0]
    sides = flatten_pairs([text])
    rows = reader.rows(sides)
    spans = [reader.spans(side) for side in sides]
    if max(map(len, rows)) > LONGEST or any(
        len(places) != len(row) for places, row in zip(spans, rows, strict=True)
    ):
        return occlusion(model, [text])[0]
    answers = model.answer([text])
    tokens, notes = divided(text, MOST)
    owners = [_owners(tokens, side, places) for side, places in enumerate(spans)]
    vectors = [np.asarray(reader.vectors(row), np.float32) for row in rows]
    contributions, base, output = integrated(model.graph, vectors, owners, len(tokens))
    return Explanation(
        text, answers.values[0], model.labels, tokens, contributions, base, output, METHOD,
        "logit", path=answers.paths[0], notes=notes,
    )  # fmt: skip


def integrated(
    graph: networks.Graph,
    vectors: Sequence[Vectors],
    owners: Sequence[NDArray[np.intp]],
    tokens: int,
    steps: int = STEPS,
) -> tuple[Floats, Floats, Floats]:
    """The contributions ``[tokens, labels]``, and the logits ``[labels]`` without and with words.

    ``vectors``, ``[words, width]``, are those of each side of a text, and ``owners``, ``[words]``,
    say to which token each word belongs.
    """
    ends = _logits(graph, [np.stack([0 * side, side]) for side in vectors])
    slopes = np.zeros((tokens, ends.shape[1]))
    for step in range(steps):
        at = (step + 0.5) / steps
        shares = np.full((2 * tokens, tokens), at, np.float32)
        shares[np.arange(tokens), np.arange(tokens)] += STEP
        shares[tokens + np.arange(tokens), np.arange(tokens)] -= STEP
        moved = [
            shares[:, own, None] * side[None] for own, side in zip(owners, vectors, strict=True)
        ]
        logits = _logits(graph, moved)
        slopes += (logits[:tokens] - logits[tokens:]) / (2 * STEP * steps)
    return slopes, ends[0], ends[1]


def _logits(graph: networks.Graph, sides: Sequence[Vectors]) -> Floats:
    """The logits ``[texts, labels]`` for vectors ``[texts, words, width]`` of each side."""
    longest = max(side.shape[1] for side in sides)
    padded = [np.pad(s, ((0, 0), (0, longest - s.shape[1]), (0, 0))) for s in sides]
    lengths = np.concatenate([np.full(len(s), s.shape[1], np.int32) for s in sides])
    mask = np.arange(longest)[None, :] < lengths[:, None]
    x = np.ascontiguousarray(np.concatenate(padded), np.float32)
    return graph.run({"x": x, "mask": mask.astype(np.float32), "lengths": lengths})


def _owners(
    tokens: Sequence[Token], side: int, spans: Sequence[tuple[int, int]]
) -> NDArray[np.intp]:
    """The token that each span of a side belongs to, ``[spans]``."""
    mine = [i for i, token in enumerate(tokens) if token.side == side]
    starts = np.array([tokens[i].start for i in mine])
    places = np.searchsorted(starts, [start for start, _ in spans], side="right") - 1
    return np.array(mine, np.intp)[np.maximum(places, 0)]
