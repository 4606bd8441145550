"""Demonstrations chosen by what they do: taught by a small language model, used with any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...combine.demonstrations import Pick, Rows, Shot, Words, words
from ...combine.prompted import Prompted
from ...core.cost import Floats
from ...core.data import Task, Text
from ...core.errors import UnderdogError
from ...core.language import log_softmax
from ...core.protocols import Model, Scorer
from ...core.task import require_kind
from ...models.transformers.embeddings import embed_cached
from ...runtime.meter import Meter
from ...runtime.progress import step
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from .beliefs import Beliefs

Vectors = NDArray[np.float32]

PLAIN = 3
"""Features of a text and a demonstration that need no encoder."""

PENALTY = 3.0
"""The price of a squared weight, where features have a variance of 1."""


@register("trained", holds={"demonstrations": Number(2, 4000), "anchors": Number(2, 4000)})
@dataclass(frozen=True)
class Trained:
    """Learns which demonstrations raise the likelihood that ``teacher`` gives the right answer.

    The teacher, as a rule a small model such as `llama('smollm2')`, is asked about some ``anchors``
    with each of some ``demonstrations`` before it. From how likely the right label becomes it is
    learned how far a demonstration pushes towards its own label, what likeness to the text is
    worth, and which demonstrations are good for all texts (EPR: Rubin et al., NAACL 2022; UPRISE:
    Cheng et al., EMNLP 2023). The first ``pool`` examples tell by their words which label a text
    probably has. Of these the demonstrations are chosen that make the right answer likeliest,
    together: of two labels that may be right, both are shown. ``encoder`` adds a sentence encoder
    to what likeness is, as in ``encoder='minilm'``. A fit asks the teacher ``anchors *
    demonstrations`` times; another model may be asked with what it taught.
    """

    teacher: Model
    demonstrations: int = 24
    anchors: int = 24
    pool: int = 4000
    encoder: str = ""

    def picker(self, shots: Sequence[Shot], task: Task, seed: int) -> TrainedPicker:
        """The picker that the teacher's likelihoods teach, for ``shots``, which are drawn already.

        Raises `UnderdogError` if the teacher cannot tell likelihoods, or if answers are texts.
        """
        shots = shots[: self.pool]
        start = max(0, min(self.demonstrations, len(shots) - self.anchors))
        asked = shots[start : start + self.anchors]
        shown = shots[: self.demonstrations]
        gains = likelihoods(self.teacher, task, shown, asked)
        x = features(self.encoder, [text for text, _ in asked], Words([t for t, _ in shots]), shots)
        return taught(self, shown, asked, x[:, : len(shown)], gains)


def taught(
    recipe: Trained, shown: Sequence[Shot], asked: Sequence[Shot], x: Floats, gains: Floats
) -> TrainedPicker:
    """What ``gains`` teach, ``[asked, shown]``; ``x`` are the features of the same pairs."""
    known = ~np.isnan(gains)
    same = np.array([[label == other for _, other in shown] for _, label in asked], np.float64)

    def centred(values: Floats) -> Floats:
        """``values`` less their mean over the demonstrations of a text, 0 where unknown."""
        inside = known if values.ndim == 2 else known[:, :, None]
        filled = np.where(inside, values, 0.0)
        mean = filled.sum(axis=1, keepdims=True) / np.maximum(1, inside.sum(axis=1, keepdims=True))
        return np.where(inside, values - mean, 0.0)

    left, same, z = centred(gains), centred(same), centred(x).reshape(-1, x.shape[2])
    push = float((same * left).sum() / max(1e-9, (same**2).sum()))
    left = left - push * same
    scale = np.maximum(z.std(axis=0), 1e-6)
    weights = shrunk(z / scale, left.ravel()) / scale
    seen = x[known] if known.any() else x.reshape(-1, x.shape[2])
    left = np.where(known, left - (z @ weights).reshape(left.shape), 0.0)
    return TrainedPicker(
        recipe.encoder,
        recipe.pool,
        tuple([text for text, _ in shown]),
        steady(left, known),
        weights,
        push,
        seen.min(axis=0),
        seen.max(axis=0),
    )


def shrunk(z: Floats, y: Floats) -> Floats:
    """Ridge weights of ``z``, ``[rows, features]``, each less by as much as chance explains of it:
    what was learned from some hundred pairs would else choose odd ones among thousands.
    """
    inverse = np.linalg.inv(z.T @ z + PENALTY * z.shape[1] * np.eye(z.shape[1]))
    weights: Floats = inverse @ (z.T @ y)
    noise = float(np.mean((y - z @ weights) ** 2)) * np.diag(inverse @ z.T @ z @ inverse)
    return weights * np.maximum(0.0, 1.0 - noise / np.maximum(weights**2, 1e-18))


def steady(left: Floats, known: NDArray[np.bool_]) -> Floats:
    """The mean of each column of ``left``, shrunk by as much of its variance as chance explains."""
    times = np.maximum(1, known.sum(axis=0))
    means: Floats = left.sum(axis=0) / times
    noise = float(np.where(known, (left - means) ** 2, 0.0).sum() / max(1, known.sum())) / times
    real = max(0.0, float(means.var() - noise.mean()))
    found: Floats = means * real / np.maximum(real + noise, 1e-12)
    return found


@register(
    "trained.picker",
    holds={
        "bonus": Array("known"),
        "weights": Array("features"),
        "push": Number(-100, 100),
        "low": Array("features"),
        "high": Array("features"),
    },
)
@dataclass(frozen=True, eq=False)
class TrainedPicker:
    """Shows the demonstrations with the largest predicted log-likelihood of the right answer.

    ``weights`` are those of `features`, ``bonus`` is what each of the ``known`` demonstrations
    brings beside them, and ``push`` by how much one raises the log-odds of its own label. Among
    thousands some are far more like a text than those that taught: a feature counts no further
    than from ``low`` to ``high``, where it was seen.
    """

    encoder: str
    pool: int
    known: tuple[Text, ...]
    bonus: Floats
    weights: Floats
    push: float
    low: Floats
    high: Floats

    def over(self, shots: Sequence[Shot]) -> Pick:
        """The function that chooses among the first ``pool`` of ``shots``."""
        shots = shots[: self.pool]
        extra = dict(zip(self.known, self.bonus.tolist(), strict=True))
        bonus = np.array([extra.get(text, 0.0) for text, _ in shots])
        index = Words([text for text, _ in shots])
        beliefs = Beliefs(shots, index)

        def pick(texts: Sequence[Text], k: int) -> Rows:
            meter, k = Meter(), min(k, len(shots))
            best = np.zeros((len(texts), k), np.intp)
            for i, text in enumerate(texts):  # one by one: the features of a text fill megabytes
                x = features(self.encoder, [text], index, shots)[0]
                alone = np.clip(x, self.low, self.high) @ self.weights + bonus
                best[i] = together(alone, beliefs.of_shots, beliefs.of(text), self.push, k)[::-1]
            meter.bill(len(texts))
            return best

        return pick


def together(
    alone: Floats, labels: NDArray[np.intp], believed: Floats, push: float, k: int
) -> list[int]:
    """``k`` demonstrations, chosen greedily: the expected log-probability of the right label.

    Each adds its worth ``alone``, ``[shots]``, and ``push`` to the log-odds of its label, of which
    ``believed`` gives the probabilities.
    """
    chosen: list[int] = []
    counts = np.zeros(len(believed))
    for _ in range(k):
        one_more = push * (counts + np.eye(len(believed)))
        total = alone + (log_softmax(one_more) @ believed)[labels]
        total[chosen] = -np.inf
        chosen.append(int(total.argmax()))
        counts[labels[chosen[-1]]] += 1.0
    return chosen


def likelihoods(teacher: Model, task: Task, shown: Sequence[Shot], asked: Sequence[Shot]) -> Floats:
    """Log-probability of the right label of each text, ``[asked, shown]``, after each demonstration
    alone; NaN where the two are the same text. What the teacher gives a label everywhere is taken
    off, as it is where it is asked with demonstrations.

    Raises `UnderdogError` if the teacher cannot tell likelihoods, or if answers are texts.
    """
    if not isinstance(teacher, Scorer):
        raise UnderdogError(
            f"{teacher!r} cannot tell how likely an answer is", "use trained(llama('smollm2'))"
        )
    require_kind(task, "trained", "label")
    texts, labels = [text for text, _ in asked], [label for _, label in asked]
    said = np.full((len(asked), len(shown), len(task.labels)), np.nan)
    with step("measuring demonstrations", len(shown)) as advance:
        for j, shot in enumerate(shown):
            probs = Prompted(teacher, task, (shot,)).answer(texts).matrix(task.labels)
            said[:, j] = np.log(np.maximum(probs, 1e-9))
            said[[text == shot[0] for text in texts], j] = np.nan
            advance(1)
    known = ~np.isnan(said[:, :, 0])
    usual = np.nansum(said, axis=(0, 1)) / max(1, known.sum())
    fair = log_softmax(np.nan_to_num(said) - usual)
    right = [task.labels.index(label) for label in labels]
    return np.where(known, fair[np.arange(len(asked)), :, right], np.nan)


def features(encoder: str, texts: Sequence[Text], index: Words, shots: Sequence[Shot]) -> Floats:
    """Likeness of each text to each demonstration, ``[texts, shots, features]``."""
    sizes = np.log1p([len(words(text)) for text, _ in shots])
    made = np.zeros((len(texts), len(shots), PLAIN))
    for i, text in enumerate(texts):
        has, weight = index.coverage(text)
        made[i, :, 0] = index.cosines(text)
        made[i, :, 1] = has @ weight / max(1e-9, float(weight.sum()))
        made[i, :, 2] = np.abs(sizes - np.log1p(len(words(text))))
    if not encoder:
        return made
    mine = _vectors(texts, encoder)
    theirs = _vectors([text for text, _ in shots], encoder)
    alike = (mine @ theirs.T)[:, :, None]
    both = mine[:, None, :] * theirs[None, :, :]
    return np.concatenate([made, alike, both], axis=2)


def _vectors(texts: Sequence[Text], encoder: str) -> Vectors:
    """Embeddings ``[texts, width]``, of both texts of a pair together."""
    return embed_cached([t if isinstance(t, str) else "\n".join(t) for t in texts], encoder)
