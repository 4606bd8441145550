"""Rows of ``python -m benchmarks.language`` in which small models steer what a large one writes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from time import perf_counter

import numpy as np

from benchmarks.data import root
from benchmarks.language.texts import notes, shakespeare, unlabelled
from underdog.combine.decoding.additive import ContextAware, ProxyTuned
from underdog.combine.decoding.guarded import Guarded
from underdog.combine.decoding.mixture import observed
from underdog.combine.decoding.writers import Sampled
from underdog.core.data import Dataset
from underdog.core.language import LanguageModel
from underdog.data.read import read
from underdog.models.language.causal import Causal
from underdog.models.language.llama import Llama
from underdog.models.language.lm import LM
from underdog.models.language.ngram import NGram
from underdog.models.linear.recipe import Linear

Row = tuple[str, str, str, str]
GENERAL = "smollm2"

RUN = 20
"""Tokens in a row that count as copied word for word."""

PROTECTED, BEGUN, CONTINUED, JUDGED = 200, 12, 60, 6
"""Notes of each half; tokens that are given of one; tokens that are written; and notes judged."""

COUNTRIES = (
    *("France", "Italy", "Spain", "Germany", "Japan", "Russia", "Egypt", "Greece", "Austria"),
    *("Portugal", "Poland", "Ireland", "Sweden", "Norway", "Finland", "Denmark", "Hungary"),
    *("Iran", "Iraq", "Kenya", "Peru", "Chile", "Cuba", "Canada"),
)
CITIES = (
    *("Paris", "Rome", "Madrid", "Berlin", "Tokyo", "Moscow", "Cairo", "Athens", "Vienna"),
    *("Lisbon", "Warsaw", "Dublin", "Stockholm", "Oslo", "Helsinki", "Copenhagen", "Budapest"),
    *("Tehran", "Baghdad", "Nairobi", "Lima", "Santiago", "Havana", "Ottawa"),
)

STARS, PROMPTS, ALPHA, LEARNED = 1_500, 20, 1.0, 5_000
"""Reviews of each side; neutral beginnings; the experts' weight; tokens that LoRA learns from."""


def guarded() -> Row:
    """Two models of disjoint halves of notes, and their guarded combination: what is copied?"""
    train, test = notes()
    halves = [train.take(range(k, 2 * PROTECTED, 2)) for k in (0, 1)]
    one, other = (NGram(5, GENERAL).fit(half) for half in halves)
    both, tokenizer = Guarded(one, other), one.tokenizer
    known = {
        tuple(ids[i : i + RUN])
        for half in halves
        for text in half.texts
        for ids in [tokenizer.encode(str(text))]
        for i in range(len(ids) - RUN + 1)
    }
    begun = [tokenizer.encode(str(t))[:BEGUN] for half in halves for t in half.texts[:10]]

    def copied(model: LanguageModel, prompts: Sequence[list[int]]) -> int:
        wrote = [Sampled(model, CONTINUED).write(p).tokens for p in prompts]
        runs = [tuple(w[i : i + RUN]) for w in wrote for i in range(len(w) - RUN + 1)]
        return sum(run in known for run in runs)

    alone = copied(one, begun[:10]) + copied(other, begun[10:])
    kept = copied(both, begun)
    chosen, _ = observed((one, other, both), test[:JUDGED], JUDGED * CONTINUED)
    first, second, mixed = np.exp(-chosen.mean(axis=0))
    change = f"{100 * (mixed / min(first, second) - 1):+.0f} %"
    what = f"guarded 5-grams: copied runs of {RUN} tokens; perplexity of other notes"
    return "notes", what, f"{alone} -> {kept}; {change}", "10 times fewer; +5 %"


def conflicts() -> Row:
    """A context that contradicts what SmolLM2 knows, and one that agrees with it."""
    model = Causal(GENERAL)

    def share(contradict: bool, aware: bool) -> float:
        right = 0
        for i, country in enumerate(COUNTRIES):
            said = CITIES[(i + contradict) % len(CITIES)]
            context = f"Since last year's reform {said} has been the capital of {country}.\n\n"
            question = f"Question: What is the capital of {country}?\nAnswer:"
            if aware:
                asked: LanguageModel = ContextAware(model, context)
                found, _ = Sampled(asked).score([question], CITIES)
            else:
                found, _ = Sampled(model).score([context + question], CITIES)
            right += CITIES[int(found[0].argmax())] == said
        return 100 * right / len(COUNTRIES)

    (plain, steered), (agreed, kept) = [
        (share(contradict, False), share(contradict, True)) for contradict in (True, False)
    ]
    reached = f"{plain:.0f} -> {steered:.0f} %; {agreed:.0f} -> {kept:.0f} %"
    what = "context-aware: follows a false context; a true one"
    return f"{len(COUNTRIES)} capitals", what, reached, "+10 points; -1 point"


@cache
def reviews() -> tuple[Dataset, Dataset]:
    """Reviews of five stars, and of one."""
    data = read(root() / "yelp10k" / "yelp_10k_5star.csv.xz", kind="label").data
    labels = sorted(set(map(str, data.labels)))
    low, high = labels[0], labels[-1]
    rows = {y: [i for i, label in enumerate(data.labels) if str(label) == y] for y in (low, high)}
    return data.take(rows[high][:STARS]), data.take(rows[low][:STARS])


def experts() -> Row:
    """SmolLM2 between 5-grams of good and of bad reviews; a classifier that saw neither judges."""
    good, bad = reviews()
    half = min(len(good), len(bad)) // 2
    base = Causal(GENERAL)
    sides = [unlabelled([str(t) for t in part.texts[:half]]) for part in (good, bad)]
    expert, anti = (NGram(5, GENERAL).fit(side) for side in sides)
    steered = ProxyTuned(base, expert, anti, ALPHA, plausible=0.1)
    texts = [str(t) for part in (good, bad) for t in part.texts[half : 2 * half]]
    judge = Linear().fit(Dataset.of(texts, ["good"] * half + ["bad"] * half))
    begun = [" ".join(str(t).split()[:5]) for t in (*good.texts[:PROMPTS], *bad.texts[:PROMPTS])]
    random.Random(0).shuffle(begun)
    shares, perplexities = [], []
    for model in (base, steered):
        writer = Sampled(model, 24, temperature=1.0, top_p=0.9)
        wrote = writer.answer(begun[:PROMPTS]).values
        shares.append(np.mean([y == "good" for y in judge.answer(wrote).values]))
        whole = [f"{a}{b}" for a, b in zip(begun, wrote, strict=False)]
        chosen, _ = observed((base,), whole, 32 * len(whole))
        perplexities.append(float(np.exp(-chosen.mean())))
    reached = (
        f"{100 * shares[0]:.0f} -> {100 * shares[1]:.0f} %;"
        f" {100 * (perplexities[1] / perplexities[0] - 1):+.0f} %"
    )
    what = "DExperts by 5-grams: positive continuations; perplexity by SmolLM2"
    return f"{PROMPTS} reviews begun", what, reached, "+30 points; +10 %"


def proxy() -> Row:
    """SmolLM2 moved by a small pair, beside SmolLM2 tuned itself on as much of the domain."""
    train, test = notes()
    some = train.take(range(200))
    base = Causal(GENERAL)
    expert, anti = NGram(5, GENERAL).fit(train), NGram(5, GENERAL).fit(shakespeare())
    start = perf_counter()
    tuned = LM(GENERAL, length=64, batch=4, tokens=LEARNED).fit(some)
    seconds = perf_counter() - start
    moved = ProxyTuned(base, expert, anti, 0.5)
    chosen, _ = observed((base, tuned, moved), test[:JUDGED], JUDGED * 96)
    before, ceiling, after = -chosen.mean(axis=0)
    share = (before - after) / (before - ceiling)
    reached = (
        f"{np.exp(before):.1f} -> {np.exp(after):.1f} (LoRA {np.exp(ceiling):.1f}); {share:.0%}"
    )
    what = (
        f"proxy tuning by 5-grams; share of the gap to LoRA on {LEARNED:,} tokens ({seconds:.0f} s)"
    )
    return "MTSamples", what, reached, "60 %"


def drafted() -> Row:
    """llama.cpp that drafts from what it has read, beside llama.cpp that does not."""
    _, test = notes()
    prompts = [
        f"Note: {' '.join(t.split()[:60])}\n\nThe same note again: {' '.join(t.split()[:6])}"
        for t in test[:3]
    ]
    times = []
    for lookup in (False, True):
        model = Llama(GENERAL, max_tokens=64, chat=False, lookup=lookup)
        model.answer(["The"])
        start = perf_counter()
        model.answer(prompts)
        times.append(perf_counter() - start)
    reached = f"{times[0] / times[1]:.2f} times"
    return "prompts to copy from", "llama: as fast by its own drafts", reached, "1.5 times"


ROWS = {f.__name__: f for f in (drafted, conflicts, guarded, experts, proxy)}
