"""Whether speculative decoding pays: measured on a user's own prompts, predicted, then tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from ...core.errors import UnderdogError
from ...core.language import LanguageModel, complete, gives_scores, log_softmax, same_tokenizer
from ...runtime import progress
from .acceptance import RULES
from .drafts import Drafter, certain, proposer
from .sampling import Cut
from .speculative import Speculative

GAMMAS = (1, 2, 4, 6, 8, 12)
"""Numbers of drafted tokens that are tried."""

WORTH = 1.05
"""A speed-up below this is no reason to run two models."""

REPEATS = 5
"""How often each cost is measured; the median counts."""

GREEDY = Cut()


@dataclass(frozen=True)
class Choice:
    """What is expected of drafting ``gamma`` tokens at a time.

    ``accepted`` is the share of drafted tokens that are kept, ``per_call`` how many tokens a call
    of the target yields, ``verify`` how many plain steps it takes to read gamma + 1 tokens, and
    ``draft`` how many plain steps it takes to draft.
    """

    gamma: int
    accepted: float
    per_call: float
    verify: float
    draft: float
    speedup: float


@dataclass(frozen=True)
class Advice:
    """Speculation on ``prompts`` prompts and ``tokens`` written tokens; ``step`` is the seconds of
    one plain step. ``measured`` is the speed-up of the best choice when it was tried; ``differing``
    counts prompts whose completion was not that of plain decoding, ties included.
    """

    prompts: int
    tokens: int
    step: float
    choices: tuple[Choice, ...]
    measured: float
    differing: int

    @property
    def best(self) -> Choice:
        """The choice with the largest predicted speed-up."""
        return max(self.choices, key=lambda choice: choice.speedup)

    @property
    def pays(self) -> bool:
        """Whether the predicted speed-up is worth a draft."""
        return self.best.speedup >= WORTH

    @property
    def reason(self) -> str:
        """Yes or no, and why, in one sentence."""
        best = self.best
        costs = (
            f"{100 * best.accepted:.0f} % of {best.gamma} drafted tokens are kept, so a call yields"
            f" {best.per_call:.2f} tokens and costs {best.verify + best.draft:.2f} plain steps"
        )
        if self.pays:
            return f"yes: {costs}; predicted {best.speedup:.2f} times as fast"
        return f"no: at best, {costs}; predicted {best.speedup:.2f} times as fast"


@dataclass(frozen=True)
class _Plain:
    """Plain decoding of one prompt: its tokens, the seconds of the first call and of the others."""

    prompt: list[int]
    tokens: list[int]
    first: float
    rest: float


def advise(
    target: LanguageModel,
    draft: Drafter | LanguageModel,
    prompts: Sequence[Sequence[int]],
    most: int = 64,
) -> Advice:
    """Advice on greedy decoding of up to ``most`` tokens after ``prompts``, lists of tokens.

    The target writes each completion once, plainly; drafts are then held against what it wrote, for
    every gamma. Raises `UnderdogError` if there are no prompts, or if the tokenizers differ.
    """
    complete("a target that checks drafts", target)
    if gives_scores(draft):
        same_tokenizer(target, draft)
    if not any(prompts):
        raise UnderdogError("there are no prompts to measure", "name their column: --text COLUMN")
    asked = [list(prompt) for prompt in prompts if len(prompt)]
    with progress.step("decoding plainly", len(asked)) as advance:
        plain = []
        for prompt in asked:
            plain.append(_decode(target, prompt, most))
            advance(1)
    step = sum(p.rest for p in plain) / max(1, sum(len(p.tokens) - 1 for p in plain))
    verify = _verify(target, plain[len(plain) // 2])
    whole = sum(p.first + p.rest for p in plain)
    choices = tuple([_choice(draft, plain, gamma, verify, step, whole, target) for gamma in GAMMAS])
    best = max(choices, key=lambda choice: choice.speedup)
    fast = Speculative(target, draft, best.gamma, most)
    start, differing = clock(), 0
    with progress.step("decoding speculatively", len(plain)) as advance:
        for one in plain:
            differing += fast.write(one.prompt).tokens != tuple(one.tokens)
            advance(1)
    measured = whole / since(start)
    written = sum(len(p.tokens) for p in plain)
    return Advice(len(plain), written, step, choices, measured, differing)


def clock() -> tuple[float, float]:
    """Seconds on the wall, and seconds that the processors gave to this process."""
    return perf_counter(), process_time()


def since(start: tuple[float, float]) -> float:
    """Seconds since ``start`` as on an idle machine: the time that other programs took away counts
    on the wall alone, that of several threads at once in the processors alone.
    """
    return min(now - then for now, then in zip(clock(), start, strict=True))


def _decode(target: LanguageModel, prompt: list[int], most: int) -> _Plain:
    start, memory, new = clock(), None, list(prompt)
    tokens: list[int] = []
    first = 0.0
    while len(tokens) < most and (not tokens or tokens[-1] != target.tokenizer.end):
        logits, memory = target.extend(np.array([new], np.int64), memory)
        tokens.append(int(GREEDY.probabilities(logits[0, -1]).argmax()))
        log_softmax(logits[0, -1])  # as a writer does, for the log-probability of what it writes
        new, first = tokens[-1:], first or since(start)
    return _Plain(prompt, tokens, first, since(start) - first)


def _verify(target: LanguageModel, one: _Plain) -> dict[int, float]:
    """The seconds that it takes to read and to judge 1, 2, … tokens at once, by their number."""
    text = [*one.prompt, *one.tokens]
    logits, memory = target.extend(np.array([text], np.int64))
    width = logits.shape[-1]
    found: dict[int, list[float]] = {}
    for _ in range(REPEATS):
        for n in (1, *(gamma + 1 for gamma in GAMMAS)):
            tokens = (text * n)[:n]
            drafted, start = certain(tokens[1:], width), clock()
            logits, memory = target.extend(np.array([tokens], np.int64), memory)
            wanted = GREEDY.probabilities(logits[0])
            if n > 1:
                RULES["block"](wanted, drafted, tokens[1:])
            log_softmax(logits[0])
            memory = memory.crop(len(text))
            found.setdefault(n, []).append(since(start))
    return {n: median(times) for n, times in found.items()}


def _choice(
    draft: Any,
    plain: Sequence[_Plain],
    gamma: int,
    verify: dict[int, float],
    step: float,
    whole: float,
    target: LanguageModel,
) -> Choice:
    """What drafting ``gamma`` tokens would do, by holding drafts against what was written."""
    calls = drafted = kept = 0
    drafting = reading = 0.0
    scale = step / verify[1]  # costs were measured at one place: a plain step tells the others
    known = sorted(verify)
    seconds = [verify[n] * scale for n in known]
    for one in plain:
        drafter = proposer(draft, target.tokenizer.size)
        at, written = 0, len(one.tokens)
        while at < written:
            ids = [*one.prompt, *one.tokens[:at]]
            start = clock()
            most = min(gamma, written - at - 1)
            tokens = drafter.propose(ids, most, GREEDY, lambda: 0.0)[0] if most else []
            drafting += since(start)
            wrong = [i for i, token in enumerate(tokens) if token != one.tokens[at + i]]
            good = wrong[0] if wrong else len(tokens)
            cost = float(np.interp(len(tokens) + 1, known, seconds))
            reading += cost if at else one.first + cost - step
            calls, drafted, kept = calls + 1, drafted + len(tokens), kept + good
            at += good + 1
    total = drafting + reading
    return Choice(
        gamma,
        kept / max(1, drafted),
        sum(len(p.tokens) for p in plain) / max(1, calls),
        float(np.interp(drafted / max(1, calls) + 1, known, seconds)) / step,
        drafting / max(1, calls) / step,
        whole / total if total else 1.0,
    )
