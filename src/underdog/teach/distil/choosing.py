"""Which texts a teacher is asked about: random ones, those that are hard, or unlike the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.data import Text, draw, normal
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...models.features.tfidf import Tfidf

Rows = NDArray[np.intp]
Choice = Callable[[Sequence[Text], Rows, Rows, int, "Model | None", int], Rows]
"""Given all texts, those asked about and those not, chooses n of the latter for a student."""

POOL = 4
"""Of so many times the texts that are wanted, the least sure ones, the choice is drawn."""


def choice(how: str) -> Choice:
    """The way of choosing that is called ``how``. Raises `UnderdogError` if there is none."""
    if how not in CHOICES:
        raise UnderdogError(f"texts cannot be chosen by {how!r}", f"one of: {', '.join(CHOICES)}")
    return CHOICES[how]


def drawn(
    texts: Sequence[Text], asked: Rows, left: Rows, n: int, student: Model | None, seed: int
) -> Rows:
    """``n`` of the rows ``left``, drawn by ``seed`` and the texts alone, shape ``[n]``."""
    numbers = [draw(f"ask {seed}:{normal(texts[i])}") for i in left.tolist()]
    return left[np.argsort(numbers, kind="stable")[:n]]


def unsure(
    texts: Sequence[Text], asked: Rows, left: Rows, n: int, student: Model | None, seed: int
) -> Rows:
    """``n`` of the rows ``left``, shape ``[n]``: those with the smallest margin between the two
    likeliest labels, each with another likeliest label as far as possible.

    Without a ``student``, or one that gives no probabilities, `drawn`.
    """
    if student is None:
        return drawn(texts, asked, left, n, student, seed)
    answers = student.answer([texts[i] for i in left.tolist()])
    if answers.probs is None or answers.probs.shape[1] < 2:
        return drawn(texts, asked, left, n, student, seed)
    probs = np.nan_to_num(answers.probs)
    second, first = np.sort(probs, axis=1)[:, -2:].T
    order = np.argsort(first - second, kind="stable")[: POOL * n]
    label = probs.argmax(axis=1)[order]
    turn = np.zeros(len(order), np.intp)  # of its label, the how-many-eth least sure a text is
    for k in np.unique(label):
        turn[label == k] = np.arange((label == k).sum())
    chosen = np.lexsort((np.arange(len(order)), turn // max(1, POOL // 2)))[:n]
    return left[order[chosen]]


def unlike(
    texts: Sequence[Text], asked: Rows, left: Rows, n: int, student: Model | None, seed: int
) -> Rows:
    """``n`` of the rows ``left``, shape ``[n]``, each the least like all that were asked about.

    Greedy k-centre (Sener & Savarese, ICLR 2018) on the cosine of TF-IDF rows.
    """
    rows = Tfidf.learn(texts).rows(texts)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()) + 1e-12
    pool = left if len(left) <= MOST else drawn(texts, asked, left, MOST, student, seed)
    part = rows[pool]
    nearest = np.full(len(pool), -1.0)
    if len(asked):
        nearest = (part @ rows[asked].T).toarray() / norms[asked] / norms[pool][:, None]
        nearest = nearest.max(axis=1)
    chosen: list[int] = []
    for _ in range(min(n, len(pool))):
        at = int(nearest.argmin())
        chosen.append(at)
        like = np.asarray((part @ rows[[pool[at]]].T).todense()).ravel() / norms[pool]
        nearest = np.maximum(nearest, like / norms[pool[at]])
        nearest[at] = np.inf
    return pool[chosen]


MOST = 20_000
"""Texts among which those unlike the others are looked for, at most."""

CHOICES: dict[str, Choice] = {"random": drawn, "uncertain": unsure, "diverse": unlike}
