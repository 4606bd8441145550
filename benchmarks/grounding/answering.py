"""Rows of grounding: a small language model that answers from what is retrieved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.arms import pieces
from benchmarks.grounding.sets import described, halves, holds, hops, questions, said
from benchmarks.grounding.sets import documented as documented_functions
from underdog.combine.grounding.recipe import Grounded
from underdog.combine.grounding.shortening import shortened
from underdog.combine.prompted import FewShot
from underdog.core.answer import Answers
from underdog.core.cost import FIELDS, Floats
from underdog.core.data import Dataset
from underdog.core.graders import Exact, TokenF1
from underdog.core.passages import Hit
from underdog.core.protocols import Model
from underdog.core.texts import sentences
from underdog.models.language.llama import Llama
from underdog.models.retrieval.bm25 import BM25

Row = tuple[str, str, str, str]

ASKED, TOKENS, K, SHOTS = 20, 12, 2, 2
"""Questions, tokens of an answer at most, passages, and demonstrations, the same for all."""

DOCUMENTED = 16
"""Questions about functions of the standard library."""

HALVES = 40
"""Sentences of documentation, whose second half is asked for."""

SHORTENED = 24
"""Questions that are asked beside shortened passages too."""

PRICE = 0.15
"""Dollars for a million tokens that are read, by which the saving is priced."""


def grounded() -> Row:
    """SmolLM2 with and without passages."""
    train, asked, passages = questions(ASKED)
    llm, scores = FewShot(Llama("smollm2", max_tokens=TOKENS), SHOTS), []
    for how, retriever in (("without", _Nothing()), ("with", BM25().over(passages))):
        model = Grounded(llm, retriever, K).fit(train)
        scores.append(_scores(f"halueval {how} of={ASKED}", model, asked))
    what = "grounded(fewshot(llama('smollm2'))): points of F1"
    return f"HaluEval, {ASKED} questions", what, _gained(*scores), "+15"


def ends() -> Row:
    """SmolLM2 about the other half of sentences of documentation, with and without passages."""
    scores = [_ends(False), _ends(True)]
    what = "grounded(fewshot(llama('smollm2'))): points of F1"
    return f"docstrings, {HALVES} first halves of sentences", what, _gained(*scores), "+15"


def compression() -> Row:
    """SmolLM2 about functions of the standard library, with half of each passage."""
    train, asked, passages = described(SHORTENED)
    llm, retriever, scores = FewShot(Llama("smollm2", max_tokens=16), 1), BM25().over(passages), []
    for share in (1.0, 0.5):
        model = Grounded(llm, retriever, 1, share).fit(train)
        name = f"described share={share} of={SHORTENED} in={len(passages)}"
        scores.append(_scores(name, model, asked))
    whole, half = scores
    tokens = [int(one[:, 2].sum()) for one in scores]
    saved = 1e3 / SHORTENED * (tokens[0] - tokens[1]) / 1e6 * PRICE
    reached = (
        f"F1 {whole[:, 0].mean():.3f} -> {half[:, 0].mean():.3f}: "
        f"{said((half[:, 0] - whole[:, 0]).tolist())}; {tokens[0]:,} -> {tokens[1]:,} tokens with"
        f" prompt and example ({1 - tokens[1] / tokens[0]:.0%} less), ${saved:.4f} saved per 1,000"
        f" questions at ${PRICE} a million"
    )
    what = "half of each passage: points of F1"
    return f"standard library, {SHORTENED} questions", what, reached, "-1; exact"


def held() -> Row:
    """In how many shortened passages the answer still stands.

    The answers of HaluEval rest on two passages each, of which one does not speak of the question.
    """
    learn, test, passages = halves(HALVES)
    found = BM25().over(passages).top(learn.texts + test.texts, 1)
    rows = zip(learn.texts + test.texts, learn.labels + test.labels, found, strict=True)
    told = [(question, str(answer), hits[0].text) for question, answer, hits in rows if hits]
    told = [one for one in told if holds(one[2], one[1]) and len(sentences(one[2])) > 1]
    shown = []
    for name, some in (("docstrings", told), ("HaluEval", hops())):
        cut = [shortened(passage, 0.5, question) for question, _, passage in some]
        kept = sum(holds(one, answer) for one, (_, answer, _) in zip(cut, some, strict=True))
        share = sum(len(one.split()) for one in cut) / sum(len(one[2].split()) for one in some)
        shown.append(f"{name} {kept:,} of {len(some):,} in {share:.0%} of the words")
    return "passages with the answer", "answers in half of them", "; ".join(shown), "printed"


def _ends(retrieves: bool) -> Floats:
    """Scores beside the first passage, or without one."""
    train, asked, passages = halves(HALVES)
    llm = FewShot(Llama("smollm2", max_tokens=32), 1)
    model = Grounded(llm, BM25().over(passages) if retrieves else _Nothing(), 1).fit(train)
    return _scores(f"halves {retrieves=} of={HALVES} in={len(passages)}", model, asked)


def _scores(name: str, model: Model, asked: Dataset) -> Floats:
    """F1, exact matches and tokens read of each answer, ``[questions, 3]``."""

    def measured(rows: Sequence[int]) -> Floats:
        some = asked.take(rows)
        answers = model.answer(some.texts)
        read = answers.costs[:, FIELDS.index("tokens_in")]
        return np.stack([_f1(answers, some), _exact(answers, some), read], axis=1)

    return pieces(name, range(len(asked)), measured)


def _gained(before: Floats, after: Floats) -> str:
    """F1 and exact matches before and after, as text."""
    (f1, em), (better, more) = before.mean(axis=0)[:2], after.mean(axis=0)[:2]
    gains = said((after[:, 0] - before[:, 0]).tolist())
    return f"F1 {f1:.3f} -> {better:.3f}: {gains}; EM {em:.3f} -> {more:.3f}"


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


def _f1(answers: Answers, data: Dataset) -> Floats:
    return np.nan_to_num(TokenF1().grade(data.texts, answers.values, data))


def _exact(answers: Answers, data: Dataset) -> Floats:
    return np.nan_to_num(Exact().grade(data.texts, answers.values, data))


ROWS: Mapping[str, Callable[[], Row]] = {
    "grounded": grounded,
    "documented": documented,
    "sentences": ends,
    "compression": compression,
    "held": held,
}
