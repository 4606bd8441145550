"""How much the answers to one question agree: matrices of similarities, and numbers made of them.

The first answer of a question is the one that is judged; the others are further samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

import numpy as np

from ...core.cost import Floats
from ...core.graders import token_f1
from ...models.transformers.embeddings import embed

Alike = Callable[[Sequence[tuple[str, str]]], Floats]
"""How much the first text of each pair says of the second, from 0 to 1, ``[pairs]``."""

FLAT = 0.9
"""Eigenvalues of the Laplacian below this one span what the answers agree on (Lin et al.)."""


def words_shared(pairs: Sequence[tuple[str, str]]) -> Floats:
    """The F1 of the words that two texts share, ``[pairs]``."""
    return np.array([token_f1(a, b) for a, b in pairs], np.float64)


def vectors_near(encoder: str = "minilm") -> Alike:
    """The cosine of two sentence vectors, at least 0."""

    def near(pairs: Sequence[tuple[str, str]]) -> Floats:
        if not pairs:
            return np.zeros(0)
        both = embed([text for pair in pairs for text in pair], encoder).astype(np.float64)
        cosine: Floats = (both[::2] * both[1::2]).sum(axis=1)
        return np.maximum(cosine, 0.0)

    return near


def matrices(answers: Sequence[Sequence[str]], alike: Alike) -> Iterator[Floats]:
    """For each question the similarity of its answers, ``[answers, answers]``, 1 with itself.

    Equal texts are alike; every other pair is looked at once, whatever question it is from.
    """
    pairs = dict.fromkeys(
        (a, b) for texts in answers for a, b in permutations(dict.fromkeys(texts), 2)
    )
    values = alike(list(pairs)) if pairs else np.zeros(0)
    value = dict(zip(pairs, values.tolist(), strict=True))
    for texts in answers:
        yield np.array([[1.0 if a == b else value[a, b] for b in texts] for a in texts])


def agreement(w: Floats) -> float:
    """The mean similarity of the first answer to the others; NaN if there is no other."""
    return float(w[0, 1:].mean()) if len(w) > 1 else np.nan


def degree(w: Floats) -> float:
    """The degree of the first answer, as a share of the largest (Lin et al., TMLR 2024)."""
    return float(_both_ways(w)[0].mean()) if len(w) > 1 else np.nan


def one_meaning(w: Floats) -> float:
    """1 where all answers mean the same, 0 where each means something else: EigV of Lin et al.

    The sum of what the eigenvalues of the normalised Laplacian fall short of 1 counts meanings,
    from 1 to the number of answers.
    """
    if len(w) < 2:
        return np.nan
    values, _ = _spectrum(w)
    count = float(np.maximum(0.0, 1.0 - values).sum())
    return 1.0 - (count - 1.0) / (len(w) - 1)


def centrality(w: Floats) -> float:
    """1 minus the distance of the first answer from the centre of all: eccentricity of Lin et al.

    Measured in the space of the Laplacian's eigenvectors with eigenvalues below `FLAT`.
    """
    if len(w) < 2:
        return np.nan
    values, vectors = _spectrum(w)
    place = vectors[:, values < FLAT]
    away = np.linalg.norm((place - place.mean(axis=0))[0])
    return 1.0 - min(1.0, float(away))


def _both_ways(w: Floats) -> Floats:
    even: Floats = (w + w.T) / 2
    return even


def _spectrum(w: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, rising, and eigenvectors of the normalised Laplacian of ``w``."""
    even = _both_ways(w)
    root = 1.0 / np.sqrt(even.sum(axis=1))
    values, vectors = np.linalg.eigh(np.eye(len(w)) - root[:, None] * even * root)
    return values, vectors
