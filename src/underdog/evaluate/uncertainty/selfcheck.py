"""SelfCheck: what a model made up, it does not say twice (Manakul et al., EMNLP 2023).

Each sentence of an answer is held against further samples; 1 is a sentence that they all support.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...core.cost import Floats
from ...core.texts import sentences
from ...models.features.tokens import split_words
from .agreement import Alike


def by_words(answer: str, samples: Sequence[str]) -> Floats:
    """The geometric mean of the probabilities of each sentence's words, ``[sentences]``.

    The probabilities are those of a unigram model of the samples and the answer itself. NaN for a
    sentence without words; and if there are no samples.
    """
    parts = sentences(answer)
    if not samples:
        return np.full(len(parts), np.nan)
    counts = Counter(word for text in (answer, *samples) for word in split_words(text.lower()))
    total = counts.total()
    found = np.full(len(parts), np.nan)
    for i, sentence in enumerate(parts):
        words = split_words(sentence.lower())
        if words:
            found[i] = np.exp(np.mean([np.log(counts[word] / total) for word in words]))
    return found


def by_sentences(
    answers: Sequence[str], samples: Sequence[Sequence[str]], near: Alike
) -> list[Floats]:
    """For each answer how near its sentences are to the nearest ones of the samples.

    ``[sentences]`` each: the mean over samples of the largest similarity, ``near``, between the
    sentence and one of theirs. NaN without samples.
    """
    cut = [[sentences(sample) for sample in some] for some in samples]
    asked = dict.fromkeys(
        (theirs, mine)
        for answer, others in zip(answers, cut, strict=True)
        for mine in sentences(answer)
        for other in others
        for theirs in other
    )
    value = dict(zip(asked, near(list(asked)).tolist(), strict=True))
    return [
        np.array(
            [
                _mean([max((value[t, m] for t in o), default=0.0) for o in others])
                for m in sentences(answer)
            ]
        )
        for answer, others in zip(answers, cut, strict=True)
    ]


def by_entailment(
    answers: Sequence[str], samples: Sequence[Sequence[str]], follows: Alike
) -> list[Floats]:
    """For each answer how surely its sentences follow from the samples, ``[sentences]`` each.

    The mean over samples of ``follows``, the probability that a sentence follows from a text.
    """
    asked = dict.fromkeys(
        (sample, mine)
        for answer, some in zip(answers, samples, strict=True)
        for mine in sentences(answer)
        for sample in some
    )
    value = dict(zip(asked, follows(list(asked)).tolist(), strict=True))
    return [
        np.array([_mean([value[sample, mine] for sample in some]) for mine in sentences(answer)])
        for answer, some in zip(answers, samples, strict=True)
    ]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else np.nan
