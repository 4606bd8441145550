"""Confidence measures: from answers to one number per answer."""

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
from ..runtime.schema import Array, Number

RIGHT, WRONG = "right", "wrong"
"""The labels of a verifier, which judges pairs (text, answer)."""

BUCKETS = 2**18
"""Hash buckets of words and word pairs in `Nearest`."""


@runtime_checkable
class Confidence(Protocol):
    """Computes how confident each answer is. Only the order of the numbers matters; 0 is the
    least.
    """

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, billed for the computation, and the confidence of each, ``[texts]``."""
        ...


@register("probability", holds={"temperature": Number(1e-6, 1e6)})
@dataclass(frozen=True)
class Probability:
    """The probability of the most likely label; 0 for an abstention.

    ``temperature`` divides the log probabilities first (Guo et al., ICML 2017). It changes the
    values and, with three or more labels, slightly their order.
    """

    temperature: float = 1.0

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, unchanged, and the confidence of each, ``[texts]``."""
        if self.temperature == 1.0 or answers.probs is None:
            return answers, answers.confidence
        return answers, _zero_for_unknown(tempered(answers.probs, self.temperature).max(axis=1))


@register("margin", holds={"temperature": Number(1e-6, 1e6)})
@dataclass(frozen=True)
class Margin:
    """The difference between the two largest probabilities, after division by ``temperature``."""

    temperature: float = 1.0

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, unchanged, and the confidence of each, ``[texts]``."""
        if answers.probs is None or answers.probs.shape[1] < 2:
            return answers, answers.confidence
        probs = tempered(answers.probs, self.temperature)
        ranked = np.sort(probs, axis=1)
        return answers, _zero_for_unknown(ranked[:, -1] - ranked[:, -2])


@register("entropy", holds={"temperature": Number(1e-6, 1e6)})
@dataclass(frozen=True)
class Entropy:
    """One minus the entropy of the distribution, as a share of the largest possible entropy."""

    temperature: float = 1.0

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, unchanged, and the confidence of each, ``[texts]``."""
        if answers.probs is None or answers.probs.shape[1] < 2:
            return answers, answers.confidence
        from scipy.special import entr

        nats = entr(tempered(answers.probs, self.temperature)).sum(axis=1)
        return answers, _zero_for_unknown(1.0 - nats / log(answers.probs.shape[1]))


@register("verdict")
@dataclass(frozen=True)
class Verifier:
    """The probability of `RIGHT` that ``verifier`` gives the pair (text, answer).

    The verifier is any model of pairs: a learner fitted on past mistakes of the small model (a
    learned acceptor), or a prompted language model, which may be the one that answered (Madaan et
    al., AutoMix, NeurIPS 2024). Its cost is added to the answers, and its name comes before that of
    the judged model in their paths. It is not called for abstentions.
    """

    verifier: Model

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, billed for the verifier, and the probability that each is right,
        ``[texts]``.
        """
        sure = np.zeros(len(answers))
        rows = np.flatnonzero([value != ABSTAIN for value in answers.values])
        if not len(rows):
            return answers, sure
        claims = [claim(texts[i], answers.values[i]) for i in rows.tolist()]
        verdicts = self.verifier.answer(claims)
        sure[rows] = verdicts.matrix((RIGHT, WRONG))[:, 0]
        return answers.put(rows, answers.take(rows).after(verdicts)), sure


def _disagreement(m: Any) -> str:
    """What is wrong with a `Nearest` that has the fields of ``m``."""
    ends = m.starts[-1:] == len(m.values) and m.starts[:1] == 0
    return "" if np.all(ends) and (np.diff(m.starts) >= 0).all() else "rows and cells do not agree"


@register(
    "nearest",
    holds={
        "targets": Array("known", low=0, below="labels"),
        "values": Array("cells"),
        "columns": Array("cells", low=0, below=BUCKETS),
        "starts": Array("known+1", low=0),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class Nearest:
    """How much closer a text is to training texts of the predicted label than to those of other
    labels.

    The trust score of Jiang et al. (NeurIPS 2018) with the cosine of hashed words and word pairs as
    similarity: 1 for a training text of the predicted label, 0 for a training text of another
    label, 0.5 for a text unlike all of them. It takes a few hundred microseconds per text, which
    are billed. ``targets``, ``[rows]``, are label indices; ``values``, ``columns`` and ``starts``
    are the sparse rows.
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
        """The measure that stores the labelled rows of ``data``."""
        labelled = data.take(data.targets >= 0)
        rows = _hashed(labelled.texts)
        return cls(
            data.task.labels,
            labelled.targets.astype(np.int64),
            rows.data,
            rows.indices.astype(np.int32),
            rows.indptr.astype(np.int32),
        )

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, billed for the computation, and the confidence of each, ``[texts]``."""
        meter = Meter()
        predicted = answers.indices(self.labels)
        sure = np.zeros(len(answers))
        for first in range(0, len(answers), 256):  # bounds the memory of the dense block
            part = slice(first, first + 256)
            similarity = (_hashed(texts[part]) @ self._rows).toarray()
            same = self.targets[None, :] == predicted[part, None]
            own = np.where(same, similarity, 0.0).max(axis=1, initial=0.0)
            other = np.where(same, 0.0, similarity).max(axis=1, initial=0.0)
            sure[part] = np.where(predicted[part] >= 0, (1.0 + own - other) / 2.0, 0.0)
        bill = Answers(answers.values, (), None, meter.bill(len(answers)), ((),) * len(answers))
        return answers.after(bill), sure


def claim(text: Text, value: str) -> tuple[str, str]:
    """The pair that a verifier judges: the text, with both sides of a pair joined, and the
    answer.
    """
    return (text if isinstance(text, str) else "\n\n".join(text)), value


def tempered(probs: Floats, temperature: float) -> Floats:
    """Probabilities ``[texts, labels]`` after division of their logarithms by ``temperature``."""
    if temperature == 1.0:
        return probs
    power = 1.0 / temperature
    if len(probs) == 1:  # numpy's overhead would dominate a single decision
        row = probs[0].tolist()
        top = max(row)
        powers = [(p / top) ** power for p in row]
        total = sum(powers)
        return np.array([[p / total for p in powers]])
    raised: Floats = (probs / probs.max(axis=1, keepdims=True)) ** power
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def _zero_for_unknown(sure: Floats) -> Floats:
    """``sure`` with 0 in place of NaN."""
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
