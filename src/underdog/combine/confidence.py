"""How sure a model is: from its answers, to one number for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from typing import Any, Protocol, runtime_checkable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text, normal
from ..core.protocols import Model
from ..runtime.meter import Meter
from ..runtime.registry import register

RIGHT, WRONG = "right", "wrong"
"""The labels of a verifier: what it says about a pair (text, answer)."""

BUCKETS = 2**18


@runtime_checkable
class Confidence(Protocol):
    """Weighs answers. Only the order of the numbers matters to a threshold; 0 is no idea."""

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, billed for what weighing them cost, and how sure each is, ``[texts]``."""
        ...


@register("probability")
@dataclass(frozen=True)
class Probability:
    """The probability of the likeliest label; 0 for an abstention.

    ``temperature`` divides the logarithms of the probabilities first (Guo et al., ICML 2017);
    it changes what the numbers mean, and, with three labels or more, a little of their order.
    """

    temperature: float = 1.0

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        if self.temperature == 1.0 or answers.probs is None:
            return answers, answers.confidence
        return answers, _known(tempered(answers.probs, self.temperature).max(axis=1))


@register("margin")
@dataclass(frozen=True)
class Margin:
    """How far the likeliest label is ahead of the second."""

    temperature: float = 1.0

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        if answers.probs is None or answers.probs.shape[1] < 2:
            return answers, answers.confidence
        probs = tempered(answers.probs, self.temperature)
        ranked = np.sort(probs, axis=1)
        return answers, _known(ranked[:, -1] - ranked[:, -2])


@register("entropy")
@dataclass(frozen=True)
class Entropy:
    """One minus the entropy of the answer as a share of the largest there can be."""

    temperature: float = 1.0

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        if answers.probs is None or answers.probs.shape[1] < 2:
            return answers, answers.confidence
        from scipy.special import entr

        nats = entr(tempered(answers.probs, self.temperature)).sum(axis=1)
        return answers, _known(1.0 - nats / log(answers.probs.shape[1]))


@register("verdict")
@dataclass(frozen=True)
class Verdict:
    """What ``verifier`` thinks of the answer: the probability of `RIGHT` for (text, answer).

    The verifier is any model of pairs: a learner fitted on the small model's past mistakes (a
    learned acceptor), or a prompted language model, which may be the one that answered (Madaan
    et al., AutoMix, NeurIPS 2024). Its price is added to the answers', and its name stands in
    their paths before the model that it judged. It is not asked about abstentions.
    """

    verifier: Model

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        sure = np.zeros(len(answers))
        rows = np.flatnonzero([value != ABSTAIN for value in answers.values])
        if not len(rows):
            return answers, sure
        asked = [claim(texts[i], answers.values[i]) for i in rows.tolist()]
        verdicts = self.verifier.answer(asked)
        sure[rows] = verdicts.matrix((RIGHT, WRONG))[:, 0]
        return answers.put(rows, answers.take(rows).after(verdicts)), sure


@register("nearest")
@dataclass(frozen=True, eq=False)
class Nearest:
    """How much nearer the training data of the same label is than that of every other label.

    The trust score of Jiang et al. (NeurIPS 2018) with the cosine of hashed words and word pairs
    in place of a distance: 1 for a training text that had this label, 0 for one that had
    another, and a half for a text like none of them. A few hundred microseconds a text, which
    are billed; it knows words, not meanings.
    """

    labels: tuple[str, ...]
    targets: NDArray[np.int64]
    values: NDArray[np.float32]
    columns: NDArray[np.int32]
    starts: NDArray[np.int32]
    _rows: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from scipy.sparse import csr_array

        shape = (len(self.starts) - 1, BUCKETS)
        rows = csr_array((self.values, self.columns, self.starts), shape=shape)
        object.__setattr__(self, "_rows", rows.T.tocsr())

    @classmethod
    def of(cls, data: Dataset) -> Nearest:
        """The signal that remembers the labelled rows of ``data``."""
        known = data.take(data.targets >= 0)
        rows = _hashed(known.texts)
        return cls(
            data.task.labels,
            known.targets.astype(np.int64),
            rows.data,
            rows.indices.astype(np.int32),
            rows.indptr.astype(np.int32),
        )

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        meter = Meter()
        where = {label: k for k, label in enumerate(self.labels)}
        said = np.array([where.get(value, -1) for value in answers.values], np.intp)
        sure = np.zeros(len(answers))
        for first in range(0, len(answers), 256):  # bounds the memory of the dense block
            part = slice(first, first + 256)
            near = (_hashed(texts[part]) @ self._rows).toarray()
            same = self.targets[None, :] == said[part, None]
            own = np.where(same, near, 0.0).max(axis=1, initial=0.0)
            other = np.where(same, 0.0, near).max(axis=1, initial=0.0)
            sure[part] = np.where(said[part] >= 0, (1.0 + own - other) / 2.0, 0.0)
        bill = Answers(answers.values, (), None, meter.bill(len(answers)), ((),) * len(answers))
        return answers.after(bill), sure


def claim(text: Text, value: str) -> tuple[str, str]:
    """The pair that a verifier is asked about: the text, or both its parts, and the answer."""
    return (text if isinstance(text, str) else "\n\n".join(text)), value


def tempered(probs: Floats, temperature: float) -> Floats:
    """Probabilities ``[texts, labels]`` whose logarithms were divided by ``temperature``."""
    if temperature == 1.0:
        return probs
    power = 1.0 / temperature
    if len(probs) == 1:  # numpy's overhead would be most of what a single decision takes
        row = probs[0].tolist()
        top = max(row)
        lifted = [(p / top) ** power for p in row]
        total = sum(lifted)
        return np.array([[p / total for p in lifted]])
    raised: Floats = (probs / probs.max(axis=1, keepdims=True)) ** power
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def _known(sure: Floats) -> Floats:
    """``sure`` with 0 for what is not known."""
    return np.fmax(sure, 0.0)


def _hashed(texts: Sequence[Text]) -> Any:
    """Unit rows of hashed words and word pairs, a sparse array ``[texts, BUCKETS]``."""
    from scipy.sparse import csr_array

    columns: list[int] = []
    starts = [0]
    for text in texts:
        words = normal(text).encode("utf-8", "surrogatepass").split()
        grams = words + [a + b" " + b for a, b in pairwise(words)]
        columns += {crc32(gram) % BUCKETS for gram in grams}
        starts.append(len(columns))
    lengths = np.diff(starts)
    values = np.repeat(1.0 / np.sqrt(np.maximum(lengths, 1)), lengths).astype(np.float32)
    return csr_array((values, np.array(columns, np.int32), starts), shape=(len(texts), BUCKETS))
