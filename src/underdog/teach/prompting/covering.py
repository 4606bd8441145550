"""Demonstrations that cover the meaning of a text, token by token, by an encoder's vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...combine.demonstrations import Pick, Rows, Shot
from ...core.data import Task, Text
from ...models.transformers.embeddings import token_states
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number

Vectors = NDArray[np.float32]


@register("covering", holds={"pool": Number(1, 4000)})
@dataclass(frozen=True)
class Covering:
    """Shows the demonstrations that together cover each token of the text best, by likeness.

    The likeness of two tokens is the cosine of their vectors by ``encoder`` (Set-BSR: Gupta et al.,
    Findings of EMNLP 2023); ``fewshot(…, choose='covering')`` counts equal words instead, at a
    thousandth of the time. The first ``pool`` examples are looked at, and encoded again when a
    saved model is loaded. Learns nothing.
    """

    encoder: str = "minilm"
    pool: int = 500

    def picker(self, shots: Sequence[Shot], task: Task, seed: int) -> CoveringPicker:
        """The picker; nothing is learned from ``shots``."""
        return CoveringPicker(self.encoder, self.pool)


@register("covering.picker", holds={"pool": Number(1, 4000)})
@dataclass(frozen=True)
class CoveringPicker:
    """Chooses greedily what raises most the sum of each token's likeness to its nearest one."""

    encoder: str
    pool: int

    def over(self, shots: Sequence[Shot]) -> Pick:
        """The function that chooses among the first ``pool`` of ``shots``."""
        shots = shots[: self.pool]
        index: list[tuple[Vectors, NDArray[np.intp]]] = []

        def pick(texts: Sequence[Text], k: int) -> Rows:
            meter, k = Meter(), min(k, len(shots))
            if texts and not index:
                states = _states([text for text, _ in shots], self.encoder)
                starts = np.cumsum([0, *map(len, states[:-1])])
                index.append((np.concatenate(states), starts.astype(np.intp)))
            best = np.zeros((len(texts), k), np.intp)
            for i, mine in enumerate(_states(texts, self.encoder) if texts else []):
                theirs, starts = index[0]
                likeness = np.maximum.reduceat(mine @ theirs.T, starts, axis=1)
                best[i] = greedy(likeness, k)
            meter.bill(len(texts))
            return best

        return pick


def greedy(likeness: Vectors, k: int) -> Rows:
    """``k`` shots, the likest last, which together are likest to all tokens.

    ``likeness`` is ``[tokens, shots]``, of each token to the nearest token of each shot.
    """
    covered = np.full((len(likeness), 1), -1.0, np.float32)
    chosen: list[int] = []
    for _ in range(k):
        total = np.maximum(likeness, covered).sum(axis=0)
        total[chosen] = -np.inf
        chosen.append(int(total.argmax()))
        covered = np.maximum(covered, likeness[:, chosen[-1:]])
    alone = likeness.sum(axis=0)[chosen]
    return np.array(chosen, np.intp)[np.argsort(alone, kind="stable")]


def _states(texts: Sequence[Text], encoder: str) -> list[Vectors]:
    """Token vectors of length 1, ``[tokens, width]``, of each text; of both texts of a pair."""
    plain = [text if isinstance(text, str) else "\n".join(text) for text in texts]
    found = [one.astype(np.float32) for one in token_states(plain, encoder)]
    return [one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-9) for one in found]
