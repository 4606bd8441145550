"""Demonstrations chosen by what they do: taught by a small language model, used with any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...combine.demonstrations import Pick, Rows, Shot, Words, words
from ...combine.prompted import Prompted
from ...core.cost import Floats
from ...core.data import Task, Text
from ...core.errors import UnderdogError
from ...core.protocols import Model, Scorer
from ...models.transformers.embeddings import embed_cached
from ...runtime.meter import Meter
from ...runtime.progress import step
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from .beliefs import Beliefs

Vectors = NDArray[np.float32]

PLAIN = 6
"""Features of a text and a demonstration that need no encoder."""

PENALTY = 3.0
"""The price of a squared weight, where features have a variance of 1."""


@register("trained", holds={"demonstrations": Number(2, 4000), "anchors": Number(2, 4000)})
@dataclass(frozen=True)
class Trained:
    """Learns which demonstrations raise the likelihood that ``teacher`` gives the right answer.

    The teacher, as a rule a small model such as `llama('smollm2')`, is asked about some ``anchors``
    with each of some ``demonstrations`` before it. From how likely the right label becomes, a
    linear scorer of (text, demonstration) is learned, which then chooses among the first ``pool``
    examples, for whichever model is asked (EPR: Rubin et al., NAACL 2022; UPRISE: Cheng et al.,
    EMNLP 2023). What it sees are the words of both, and how probable the label of the
    demonstration is for the text by the words of the other examples. ``encoder`` adds a sentence
    encoder, as in ``encoder='minilm'``. A fit asks the teacher ``anchors * demonstrations`` times.
    """

    teacher: Model
    demonstrations: int = 24
    anchors: int = 24
    pool: int = 500
    encoder: str = ""

    def picker(self, shots: Sequence[Shot], task: Task, seed: int) -> TrainedPicker:
        """The picker that the teacher's likelihoods teach, for ``shots``; ``seed`` draws them.

        Raises `UnderdogError` if the teacher cannot tell likelihoods.
        """
        shots = shots[: self.pool]
        order = np.random.default_rng(seed).permutation(len(shots))
        shown = [shots[i] for i in order[: self.demonstrations].tolist()]
        asked = [shots[i] for i in order[::-1][: self.anchors].tolist()]
        gains = likelihoods(self.teacher, task, shown, asked)
        gains -= np.nanmean(gains, axis=1, keepdims=True)
        blank = TrainedPicker(self.encoder, self.pool, (), np.zeros(0), *[np.zeros(0)] * 3)
        seen = Seen.of(shots)
        at = [shots.index(shot) for shot in shown]
        x = features(self.encoder, [text for text, _ in asked], seen)[:, at]
        flat, y = x.reshape(-1, x.shape[2]), gains.ravel()
        known = ~np.isnan(y)
        mean, scale = flat[known].mean(axis=0), np.maximum(flat[known].std(axis=0), 1e-6)
        z, y = (flat[known] - mean) / scale, y[known]
        price = PENALTY * z.shape[1] * np.eye(z.shape[1])
        weights = np.linalg.solve(z.T @ z + price, z.T @ y)
        left = gains - ((x - mean) / scale) @ weights
        bonus = np.nansum(left, axis=0) / (PENALTY + (~np.isnan(left)).sum(axis=0))
        known_texts = tuple([text for text, _ in shown])
        return replace(
            blank, known=known_texts, bonus=bonus, mean=mean, scale=scale, weights=weights
        )


@register(
    "trained.picker",
    holds={
        "bonus": Array("known"),
        "mean": Array("features"),
        "scale": Array("features", low=1e-9),
        "weights": Array("features"),
    },
)
@dataclass(frozen=True, eq=False)
class TrainedPicker:
    """Shows the demonstrations with the largest predicted gain in log-likelihood.

    ``bonus`` is what each of the ``known`` demonstrations was found to bring beside what its
    features tell.
    """

    encoder: str
    pool: int
    known: tuple[Text, ...]
    bonus: Floats
    mean: Floats
    scale: Floats
    weights: Floats

    def over(self, shots: Sequence[Shot]) -> Pick:
        """The function that chooses among the first ``pool`` of ``shots``."""
        shots = shots[: self.pool]
        extra = dict(zip(self.known, self.bonus.tolist(), strict=True))
        bonus = np.array([extra.get(text, 0.0) for text, _ in shots])
        seen = Seen.of(shots)

        def pick(texts: Sequence[Text], k: int) -> Rows:
            meter, k = Meter(), min(k, len(shots))
            best = np.zeros((len(texts), k), np.intp)
            for i, text in enumerate(texts):  # one by one: the features of a text fill megabytes
                x = features(self.encoder, [text], seen)[0]
                scores = ((x - self.mean) / self.scale) @ self.weights + bonus
                best[i] = np.argsort(-scores, kind="stable")[:k][::-1]
            meter.bill(len(texts))
            return best

        return pick


def likelihoods(teacher: Model, task: Task, shown: Sequence[Shot], asked: Sequence[Shot]) -> Floats:
    """Log-probability of the right label of each text, ``[asked, shown]``, after each demonstration
    alone; NaN where the two are the same text.

    Raises `UnderdogError` if the teacher cannot tell likelihoods.
    """
    if not isinstance(teacher, Scorer):
        raise UnderdogError(
            f"{teacher!r} cannot tell how likely an answer is", "use trained(llama('smollm2'))"
        )
    texts, labels = [text for text, _ in asked], [label for _, label in asked]
    found = np.full((len(asked), len(shown)), np.nan)
    with step("measuring demonstrations", len(shown)) as advance:
        for j, shot in enumerate(shown):
            said = Prompted(teacher, task, (shot,)).answer(texts).matrix(task.labels)
            right = said[np.arange(len(asked)), [task.labels.index(label) for label in labels]]
            found[:, j] = np.log(np.maximum(right, 1e-9))
            found[[text == shot[0] for text in texts], j] = np.nan
            advance(1)
    return found


@dataclass(frozen=True, eq=False)
class Seen:
    """Shots, the index of their words, and what their labels say of a text."""

    shots: Sequence[Shot]
    index: Words
    beliefs: Beliefs

    @classmethod
    def of(cls, shots: Sequence[Shot]) -> Seen:
        """``shots`` as the features of a text read them."""
        index = Words([text for text, _ in shots])
        return cls(shots, index, Beliefs(shots, index))


def features(encoder: str, texts: Sequence[Text], seen: Seen) -> Floats:
    """Features of each text with each demonstration, ``[texts, shots, features]``."""
    shots = seen.shots
    sizes = np.array([len(words(text)) for text, _ in shots], np.float64)
    made = np.zeros((len(texts), len(shots), PLAIN))
    for i, text in enumerate(texts):
        has, weight = seen.index.coverage(text)
        made[i, :, 0] = seen.index.cosines(text)
        made[i, :, 1] = has @ weight / max(1e-9, float(weight.sum()))
        made[i, :, 2] = np.log1p(sizes)
        made[i, :, 3] = made[i, :, 2] - np.log1p(len(words(text)))
        made[i, :, 4] = np.abs(made[i, :, 3])
        made[i, :, 5] = seen.beliefs.agree(text)
    if not encoder:
        return made
    mine = _vectors(texts, encoder)
    theirs = _vectors([text for text, _ in shots], encoder)
    alike = (mine @ theirs.T)[:, :, None]
    both = mine[:, None, :] * theirs[None, :, :]
    alone = np.broadcast_to(theirs[None, :, :], both.shape)
    return np.concatenate([made, alike, both, alone], axis=2)


def _vectors(texts: Sequence[Text], encoder: str) -> Vectors:
    """Embeddings ``[texts, width]``, of both texts of a pair together."""
    return embed_cached([t if isinstance(t, str) else "\n".join(t) for t in texts], encoder)
