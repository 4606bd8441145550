"""Whether speculative decoding pays: measured on a user's own prompts, predicted, then tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from ...core.errors import UnderdogError
from ...core.language import (
    LanguageModel,
    common,
    complete,
    gives_scores,
    log_softmax,
    same_tokenizer,
)
from ...runtime import progress
from .acceptance import RULES
from .drafts import Drafter, certain, proposer
from .sampling import Cut
from .speculative import Speculative

GAMMAS = (1, 2, 4, 6, 8, 12)
"""Numbers of drafted tokens that are tried."""

WORTH = 1.05
"""A speed-up below this is no reason to run two models."""

REPEATS = 6
"""At how many places of the texts, at least, each cost is measured; the median counts."""

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
    counts prompts whose completion was not that of plain decoding, and ``gap`` is the largest
    difference in nats of the two likeliest tokens where one first differs: near 0 for ties.
    """

    prompts: int
    tokens: int
    step: float
    choices: tuple[Choice, ...]
    measured: float
    differing: int
    gap: float = 0.0

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
    """Plain decoding of one prompt: its tokens, how far the likeliest led at each of them, and the
    seconds of each call; and ``costs``, the seconds that it took at some places to read and to
    judge 1, 2, … tokens at once, by their number.
    """

    prompt: list[int]
    tokens: list[int]
    leads: list[float]
    seconds: list[float]
    costs: list[dict[int, float]]


def advise(
    target: LanguageModel,
    draft: Drafter | LanguageModel,
    prompts: Sequence[Sequence[int]],
    most: int = 64,
) -> Advice:
    """Advice on greedy decoding of up to ``most`` tokens after ``prompts``, lists of tokens.

    The target writes each completion plainly, and on the way it is measured what reading several
    tokens costs there. Drafts are held against what was written, for every gamma. Then the best is
    tried beside plain decoding, prompt by prompt, so that a machine that is busy at times is as
    busy for both. Raises `UnderdogError` if there are no prompts, or if the tokenizers differ.
    """
    complete("a target that checks drafts", target)
    if gives_scores(draft):
        same_tokenizer(target, draft)
    if not any(prompts):
        raise UnderdogError("there are no prompts to measure", "name their column: --text COLUMN")
    asked = [list(prompt) for prompt in prompts if len(prompt)]
    _awake(target, draft, asked[0])
    places = -(-REPEATS // len(asked))
    with progress.step("decoding plainly", len(asked)) as advance:
        plain = []
        for prompt in asked:
            plain.append(_decode(target, prompt, most, places))
            advance(1)
    steps = [t for p in plain for t in p.seconds[1:]] or [t for p in plain for t in p.seconds]
    step = sum(steps) / len(steps)
    verify = _verify(plain)
    choices = tuple([_choice(draft, plain, gamma, verify, step, target) for gamma in GAMMAS])
    best = max(choices, key=lambda choice: choice.speedup)
    measured, apart = _tried(target, Speculative(target, draft, best.gamma, most), plain, most)
    written = sum(len(p.tokens) for p in plain)
    gap = max(apart, default=0.0)
    return Advice(len(plain), written, step, choices, measured, len(apart), gap)


def clock() -> tuple[float, float]:
    """Seconds on the wall, and seconds that the processors gave to this process."""
    return perf_counter(), process_time()


def since(start: tuple[float, float]) -> float:
    """Seconds since ``start`` as on an idle machine: the time that other programs took away counts
    on the wall alone, that of several threads at once in the processors alone.
    """
    return min(now - then for now, then in zip(clock(), start, strict=True))


def _awake(target: LanguageModel, draft: Drafter | LanguageModel, prompt: list[int]) -> None:
    """Load both models before anything is timed."""
    target.extend(np.array([prompt[-1:]], np.int64))
    proposer(draft, target.tokenizer.size).propose(prompt, 1, GREEDY, lambda: 0.0)


def _decode(target: LanguageModel, prompt: list[int], most: int, places: int = 0) -> _Plain:
    """Plain decoding; costs are measured at ``places`` places of it, evenly apart."""
    found = _Plain(prompt, [], [], [], [])
    tokens, memory, new = found.tokens, None, list(prompt)
    pauses = {max(1, (i + 1) * most // (places + 1)) for i in range(places)}
    while len(tokens) < most and (not tokens or tokens[-1] != target.tokenizer.end):
        start = clock()
        logits, memory = target.extend(np.array([new], np.int64), memory)
        row = logits[0, -1]
        tokens.append(int(GREEDY.probabilities(row).argmax()))
        logprobs = log_softmax(row)  # as a writer does, for that of what it writes
        found.seconds.append(since(start))
        second, first = np.partition(logprobs, -2)[-2:]
        found.leads.append(float(first - second))
        new = tokens[-1:]
        at_the_end = places and not found.costs and tokens[-1] == target.tokenizer.end
        if len(tokens) in pauses or at_the_end:
            costs, memory = _costs(target, memory, [*prompt, *tokens], row.shape[-1])
            found.costs.append(costs)
    return found


def _costs(
    target: LanguageModel, memory: Any, text: list[int], width: int
) -> tuple[dict[int, float], Any]:
    """The seconds that it takes to read and to judge 1, 2, … tokens after ``memory``, and it."""
    length, found = memory.length, {}
    for n in (1, *(gamma + 1 for gamma in GAMMAS)):
        tokens = (text * n)[-n:]
        drafted, start = certain(tokens[1:], width), clock()
        logits, memory = target.extend(np.array([tokens], np.int64), memory)
        wanted = GREEDY.probabilities(logits[0])
        if n > 1:
            RULES["block"](wanted, drafted, tokens[1:])
        log_softmax(logits[0])
        memory = memory.crop(length)
        found[n] = since(start)
    return found, memory


def _verify(plain: Sequence[_Plain]) -> dict[int, float]:
    """How many plain steps it takes to read and to judge 1, 2, … tokens at once, by their number:
    the median over all places of the ratio at one place.
    """
    costs = [one for p in plain for one in p.costs]
    return {n: median(one[n] / max(one[1], 1e-12) for one in costs) for n in costs[0]}


def _tried(
    target: LanguageModel, fast: Speculative, plain: Sequence[_Plain], most: int
) -> tuple[float, list[float]]:
    """How many times as fast ``fast`` is, each prompt written by both, one right after the other;
    and by how much the likeliest token led where a completion first differs.
    """
    seconds, apart = [0.0, 0.0], []
    with progress.step("decoding speculatively", len(plain)) as advance:
        for i, one in enumerate(plain):
            for which in (0, 1) if i % 2 else (1, 0):
                start = clock()
                if which:
                    tokens = fast.write(one.prompt).tokens
                else:
                    _decode(target, one.prompt, most)
                seconds[which] += since(start)
            if tokens != tuple(one.tokens):
                at = common(tokens, one.tokens)
                apart.append(one.leads[min(at, len(one.leads) - 1)])
            advance(1)
    return seconds[0] / max(seconds[1], 1e-12), apart


def _choice(
    draft: Any,
    plain: Sequence[_Plain],
    gamma: int,
    verify: dict[int, float],
    step: float,
    target: LanguageModel,
) -> Choice:
    """What drafting ``gamma`` tokens would do, by holding drafts against what was written."""
    calls = drafted = kept = 0
    drafting = reading = 0.0  # in plain steps
    known = sorted(verify)
    steps = [verify[n] for n in known]
    for one in plain:
        drafter = proposer(draft, target.tokenizer.size)
        at, written = 0, len(one.tokens)
        while at < written:
            ids = [*one.prompt, *one.tokens[:at]]
            start = clock()
            most = min(gamma, written - at - 1)
            tokens = drafter.propose(ids, most, GREEDY, lambda: 0.0)[0] if most else []
            drafting += since(start) / step
            wrong = [i for i, token in enumerate(tokens) if token != one.tokens[at + i]]
            good = wrong[0] if wrong else len(tokens)
            cost = float(np.interp(len(tokens) + 1, known, steps))
            reading += cost if at else one.seconds[0] / step + cost - 1
            calls, drafted, kept = calls + 1, drafted + len(tokens), kept + good
            at += good + 1
    total = drafting + reading
    whole = sum(sum(p.seconds) for p in plain) / step
    return Choice(
        gamma,
        kept / max(1, drafted),
        sum(len(p.tokens) for p in plain) / max(1, calls),
        float(np.interp(drafted / max(1, calls) + 1, known, steps)),
        drafting / max(1, calls),
        whole / total if total else 1.0,
    )
