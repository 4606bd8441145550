"""Whether an answer depends on the words that an explanation names: measured by deleting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Explanation, Faithfulness, Token
from ...core.explaining.target import Target
from ...core.explaining.tokens import keep, tokens_of
from ...core.protocols import Model

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the words that are deleted, or kept: those of ERASER; one word at the least."""

ORDERS = 10
"""Random orders of the words."""

BEAM = 4
"""Words that each step of the search for the best order tries to delete next."""

MOST = 48
"""Words, or runs of words, of one text that are ordered."""

Masks = NDArray[np.bool_]
Score = Callable[[Masks], Floats]
"""The score of the answer for what each row of a mask, ``[texts, tokens]``, keeps."""


def faithfulness(model: Model, explanation: Explanation, seed: int = 0) -> Faithfulness | None:
    """How faithful the order of the words is to ``model``; None for a text without words.

    Asks the model about some 70 edited texts, and three for each word to find the best order. The
    score is the probability of the explained label; of a number, how near it stays to the answer.
    """
    grouped = _grouped(explanation)
    n = len(grouped.tokens)
    if not n:
        return None
    score, whole = _scorer(model, grouped)
    sizes = sorted({max(1, round(share * n)) for share in SHARES})
    toward = grouped.toward()
    rank = np.abs(toward) if grouped.scale == "number" else toward
    own = np.argsort(-rank, kind="stable")
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(n) for _ in range(ORDERS)]
    gone = [_first(order, sizes, n) for order in (own, *drawn)]
    scores = score(np.concatenate([~np.concatenate(gone), gone[0]]))
    drops = whole - scores.reshape(ORDERS + 2, len(sizes)).mean(axis=1)
    best = whole - _best(score, n, sizes)
    return Faithfulness(
        float(drops[0]),
        float(drops[-1]),
        float(drops[1:-1].mean()),
        float(max(best, drops[:-1].max())),
    )


def _scorer(model: Model, explanation: Explanation) -> tuple[Score, float]:
    """What scores the text with some words kept; and the score of all of it."""
    text, tokens = explanation.text, explanation.tokens
    first = model.answer([text])[0]
    target = Target.of(first)
    label = explanation.target if explanation.target in target.labels else target.labels[0]
    if first.value in target.labels:
        label = first.value
    k = target.labels.index(label)

    def read(texts: Sequence[Text]) -> Floats:
        scores = target.read(model.answer(texts))[:, k]
        if target.scale == "number":
            scores = -np.abs(scores - target.read(model.answer([text]))[0, k])
        return np.asarray(np.nan_to_num(scores), np.float64)

    return (lambda kept: read(keep(text, tokens, kept))), float(read([text])[0])


def _first(order: NDArray[np.intp], sizes: Sequence[int], n: int) -> Masks:
    """Masks ``[sizes, n]`` of the first words of an order."""
    rows = np.zeros((len(sizes), n), bool)
    for row, size in zip(rows, sizes, strict=True):
        row[order[:size]] = True
    return rows


def _best(score: Score, n: int, sizes: Sequence[int]) -> float:
    """The mean score along the order that lowers it most: greedy, from the likeliest words."""
    kept = np.ones(n, bool)
    last = score(~np.eye(n, dtype=bool))  # of each word, the score when it was last tried alone
    found, at = [], 0
    while at < sizes[-1]:
        tried = np.flatnonzero(kept)[np.argsort(last[kept], kind="stable")[:BEAM]]
        rows = np.repeat(kept[None], len(tried), axis=0)
        rows[np.arange(len(tried)), tried] = False
        last[tried] = score(rows) if at else last[tried]
        kept[tried[int(last[tried].argmin())]] = False
        now, at = float(last[tried].min()), at + 1
        if at in sizes:
            found.append(now)
    return float(np.mean(found))


def _grouped(explanation: Explanation) -> Explanation:
    """The explanation of a long text in runs of words."""
    n = len(explanation.tokens)
    if n <= MOST:
        return explanation
    runs = tokens_of(explanation.text, MOST)
    where = np.array([_run(token, runs) for token in explanation.tokens])
    rows = np.zeros((len(runs), len(explanation.labels)))
    np.add.at(rows, where, np.nan_to_num(explanation.contributions))
    return replace(explanation, tokens=runs, contributions=rows, effects=None, error=None)


def _run(token: Token, runs: Sequence[Token]) -> int:
    found = [i for i, r in enumerate(runs) if r.side == token.side and r.start <= token.start]
    return found[-1] if found else 0
