"""Rows of grounding: a small language model that answers from what is retrieved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from benchmarks.grounding.sets import documented as documented_functions
from benchmarks.grounding.sets import questions, said
from underdog.combine.grounding.recipe import Grounded
from underdog.combine.prompted import FewShot
from underdog.core.answer import Answers
from underdog.core.cost import Floats
from underdog.core.data import Dataset
from underdog.core.graders import Exact, TokenF1
from underdog.core.passages import Hit
from underdog.core.protocols import Retriever
from underdog.models.language.llama import Llama
from underdog.models.retrieval.bm25 import BM25

Row = tuple[str, str, str, str]

ASKED, TOKENS, K, SHOTS = 20, 12, 2, 2
"""Questions, tokens of an answer at most, passages, and demonstrations, the same for all."""

DOCUMENTED = 16
"""Questions about functions of the standard library."""

PRICE = 0.15
"""Dollars for a million tokens that are read, by which the saving is priced."""


def grounded() -> Row:
    """SmolLM2 with and without passages."""
    asked, given = questions(ASKED)[1], _given(1.0)
    alone = _answered(_Nothing(), 1.0)
    f1 = (_f1(alone, asked), _f1(given, asked))
    em = [float(_exact(one, asked).mean()) for one in (alone, given)]
    gains = said((f1[1] - f1[0]).tolist())
    reached = f"F1 {f1[0].mean():.3f} -> {f1[1].mean():.3f}: {gains}; EM {em[0]:.3f} -> {em[1]:.3f}"
    what = "grounded(fewshot(llama('smollm2'))): points of F1"
    return f"HaluEval, {ASKED} questions", what, reached, "+15"


def compression() -> Row:
    """The same with half of each passage."""
    asked, whole, half = questions(ASKED)[1], _given(1.0), _given(0.5)
    loss = (_f1(half, asked) - _f1(whole, asked)).tolist()
    tokens = [int(one.total.tokens_in or 0) for one in (whole, half)]
    saved = 1e3 / ASKED * (tokens[0] - tokens[1]) / 1e6 * PRICE
    less = 1 - tokens[1] / tokens[0]
    reached = (
        f"F1 {said(loss)}; {tokens[0]:,} -> {tokens[1]:,} tokens ({less:.0%} less),"
        f" ${saved:.4f} saved per 1,000 at ${PRICE} a million"
    )
    return (
        f"HaluEval, {ASKED} questions",
        "half of each passage: points of F1",
        reached,
        "-1; exact",
    )


def documented() -> Row:
    """SmolLM2 about functions of the standard library, with and without their documentation."""
    train, asked, passages = documented_functions(DOCUMENTED)
    llm = FewShot(Llama("smollm2", max_tokens=24), 1)
    f1 = []
    for retriever in (_Nothing(), BM25().over(passages)):
        answers = Grounded(llm, retriever, 1).fit(train).answer(asked.texts)
        f1.append(_f1(answers, asked))
    reached = f"F1 {f1[0].mean():.3f} -> {f1[1].mean():.3f}: {said((f1[1] - f1[0]).tolist())}"
    what = "grounded(fewshot(llama('smollm2'))): points of F1"
    return f"standard library, {DOCUMENTED} questions", what, reached, "+15"


class _Nothing:
    """A retriever that finds nothing: the same prompt, without passages."""

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """Nothing for each query."""
        return [[] for _ in queries]


@cache
def _given(share: float) -> Answers:
    """The answers beside a share of each passage; asked once for both rows."""
    return _answered(BM25().over(questions(ASKED)[2]), share)


def _answered(retriever: Retriever, share: float) -> Answers:
    train, asked, _ = questions(ASKED)
    llm = FewShot(Llama("smollm2", max_tokens=TOKENS), SHOTS)
    return Grounded(llm, retriever, K, share).fit(train).answer(asked.texts)


def _f1(answers: Answers, data: Dataset) -> Floats:
    return np.nan_to_num(TokenF1().grade(data.texts, answers.values, data))


def _exact(answers: Answers, data: Dataset) -> Floats:
    return np.nan_to_num(Exact().grade(data.texts, answers.values, data))


ROWS: Mapping[str, Callable[[], Row]] = {
    "grounded": grounded,
    "documented": documented,
    "compression": compression,
}
