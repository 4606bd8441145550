"""The rows of ``python -m benchmarks.language``, each a function that gives its cells."""

from __future__ import annotations

import random
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np
import torch

from benchmarks.arms import KEPT, pieces
from benchmarks.data import root
from benchmarks.language.texts import notes, shakespeare
from underdog.combine.decoding.advice import advise, clock, since
from underdog.combine.decoding.drafts import Lookup
from underdog.combine.decoding.mixture import constant, gated, observed
from underdog.combine.decoding.speculative import Speculative
from underdog.combine.prompted import Prompted
from underdog.core.answer import Answers
from underdog.core.data import Dataset
from underdog.core.language import LanguageModel, log_softmax
from underdog.data.read import sheet_of
from underdog.models.language.causal import Causal, threads_of
from underdog.models.language.kneser_ney import Table
from underdog.models.language.llama import Llama
from underdog.models.language.ngram import NGram
from underdog.models.language.pretrained import network
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build

Row = tuple[str, str, str, str]
"""On what, which figure, what was reached, and what was asked for."""

SENTENCES, PART = 500, 10
"""Test sentences, and how many of them are kept at once."""

NOTES, WEIGHED, START = 10, 12, 96
"""Test notes; notes from which weights are learned; and the tokens of each that are read."""

PROMPTS, WRITTEN = 3, 32
"""Prompts for speculation, and the tokens that are written after each."""

GENERAL = "smollm2"


def ngram() -> Row:
    """How fast n-grams are counted, and whether their perplexity finds garbled text."""
    train, test = notes()
    tokenizer = Causal(GENERAL).tokenizer
    documents = [tokenizer.encode(text) for text in train.texts]
    start = perf_counter()
    Table.of(documents, 5, tokenizer.size + 1)
    rate = sum(map(len, documents)) / (perf_counter() - start)
    model = NGram(5, "bytes").fit(train.take(range(400)))
    draw = random.Random(0)
    clean = [text[:200] for text in test[:200]]
    garbled = ["".join(draw.sample(text, len(text))) for text in clean]
    scores = [np.mean([model.surprisal(t).mean() for t in [one]]) for one in (*garbled, *clean)]
    bad, good = np.array(scores[: len(garbled)]), np.array(scores[len(garbled) :])
    auc = (bad[:, None] > good[None]).mean()
    reached = f"{rate:,.0f}; {auc:.3f}"
    return (
        "MTSamples",
        "n-gram: tokens counted a second; AUC of garbled text",
        reached,
        "100,000; .95",
    )


def mixture() -> Row:
    """The perplexity of SmolLM2 mixed with an n-gram model of the domain."""
    train, test = notes()
    start = perf_counter()
    domain = NGram(5, GENERAL).fit(train)
    seconds = perf_counter() - start
    (alone, other), both, by_gate, _ = _perplexities((Causal(GENERAL), domain), test)
    better = min(alone, other)
    reached = (
        f"{alone:.1f}, {other:.1f} -> {both:.1f} ({100 * (both / better - 1):+.0f} %),"
        f" gated {by_gate:.1f} ({100 * (by_gate / better - 1):+.0f} %); {seconds:.0f} s to fit"
    )
    return "MTSamples", "perplexity: SmolLM2, 5-grams -> mixture", reached, "-30 %, 60 s"


def useless() -> Row:
    """The perplexity of SmolLM2 mixed with an n-gram model that does not help."""
    domain = NGram(5, GENERAL).fit(shakespeare())
    (alone, _), both, _, weight = _perplexities((Causal(GENERAL), domain), notes()[1])
    change = f"{100 * (both / alone - 1):+.2f} %"
    reached = f"{alone:.1f} -> {both:.1f} ({change}), weight {weight:.3f}"
    return "MTSamples", "the same with 5-grams of Shakespeare", reached, "+.5 %, weight 0"


def sst2() -> Row:
    """Eight demonstrations, constrained to the labels, calibrated."""
    sheet = sheet_of(str(root() / "sst2" / "sst2.csv")).columns
    names = {"0": "negative", "1": "positive", "0.0": "negative", "1.0": "positive"}
    rows = [
        (str(t), names[str(label)], part)
        for t, label, part in zip(sheet["text"], sheet["label"], sheet["split"], strict=True)
    ]
    train = Dataset.of(*zip(*[(t, y) for t, y, part in rows if part == "train"], strict=True))
    test = [(t, y) for t, y, part in rows if part == "test"]
    random.Random(0).shuffle(test)
    test = test[:SENTENCES]
    folder = KEPT / "sst2-8-shots"
    if not folder.is_dir():
        save(build("fewshot(llama(chat=False), k=8)").fit(train), folder)
    model: Any = load(folder)

    def measured(some: Sequence[tuple[str, str]]) -> list[list[float]]:
        start = clock()
        answers = model.answer([text for text, _ in some])
        seconds, plain = since(start) / len(some), _uncalibrated(model, answers)
        rows = zip(some, answers.values, plain, strict=True)
        return [[said == y, other == y, said != "", seconds] for (_, y), said, other in rows]

    right, raw, answered, seconds = pieces("sst2 8 shots", test, measured, PART).mean(axis=0)
    reached = f"{right:.2f} ({raw:.2f} not calibrated); {100 * answered:.0f} %; {1 / seconds:.1f}"
    what = "SmolLM2, 8 shots: accuracy; answered; texts a second of one core"
    return f"SST-2, {SENTENCES} sentences", what, reached, ".70; 100 %; 6"


def copying() -> Row:
    """Speculation by lookup where the completion copies from the prompt."""
    _, test = notes()
    prompts = [
        f"Note: {' '.join(t.split()[:60])}\n\nThe same note again: {' '.join(t.split()[:6])}"
        for t in test
    ]
    return _speculation("prompts to copy from", prompts, "3.5; 1.1; 15 %")


def open_ended() -> Row:
    """Speculation by lookup where nothing is copied."""
    _, test = notes()
    return _speculation("open prompts", [" ".join(t.split()[:40]) for t in test], "1.3; 1.1; 15 %")


def runtimes() -> Row:
    """How fast llama.cpp writes beside torch."""
    prompt = ["The patient is a 40-year-old"]
    fast, slow = (
        Llama(GENERAL, max_tokens=WRITTEN, chat=False),
        build(f"sampled(causal(), max_tokens={WRITTEN})"),
    )
    rates = []
    for model in (fast, slow):
        model.answer(prompt)
        start = perf_counter()
        written = model.answer(["Once upon a time"]).total.tokens_out
        rates.append((written or 0) / (perf_counter() - start))
    reached = f"{rates[0]:.0f}, {rates[1]:.0f} ({rates[0] / rates[1]:.1f} times)"
    return "SmolLM2", "tokens written a second: llama, causal", reached, "4 times"


ROWS = {f.__name__: f for f in (ngram, runtimes, copying, open_ended, sst2, mixture, useless)}
"""By name, the cheapest first."""


def _speculation(on: str, prompts: list[str], asked: str) -> Row:
    target = Causal(GENERAL, bits=16)
    ids = [target.tokenizer.encode(prompt) for prompt in prompts[:PROMPTS]]
    advice = advise(target, Lookup(), ids, WRITTEN)
    gamma = advice.best.gamma
    theirs = _beside_transformers(target, gamma, ids)
    error = 100 * abs(advice.best.speedup / advice.measured - 1)
    reached = f"{advice.measured:.2f} (gamma {gamma}); {theirs:.2f}; {error:.0f} %"
    what = "SmolLM2 by lookup: times as fast as alone, as transformers' lookup; the advisor's error"
    return on, what, reached, asked


def _beside_transformers(target: Causal, gamma: int, prompts: Sequence[list[int]]) -> float:
    """How many times as fast lookup is as that of transformers, prompt by prompt in turns."""
    body, _ = network(target.model, target.bits)
    ours, seconds = Speculative(target, Lookup(), gamma, WRITTEN), [0.0, 0.0]
    options = {"do_sample": False, "max_new_tokens": WRITTEN, "prompt_lookup_num_tokens": gamma}
    end = target.tokenizer.end
    for i, ids in enumerate(prompts):
        asked = torch.tensor([ids])
        for which in (0, 1) if i % 2 else (1, 0):
            start = clock()
            if which:
                ours.write(ids)
            else:
                with threads_of(1):
                    body.generate(
                        asked,
                        attention_mask=torch.ones_like(asked),
                        eos_token_id=end,
                        pad_token_id=end,
                        **options,
                    )
            seconds[which] += since(start)
    return seconds[0] / seconds[1]


def _perplexities(
    models: tuple[LanguageModel, ...], test: Sequence[str]
) -> tuple[list[float], float, float, float]:
    """The perplexity of each of two models, of their mixture, and of it with a full gate; and the
    weight of the second.

    Weights and gate are learned from other notes than those that are judged.
    """
    learned, seen = observed(models, test[:WEIGHED], WEIGHED * START)
    weights = constant(learned)
    gate = gated(learned, seen, weights)
    chosen, told = observed(models, test[WEIGHED : WEIGHED + NOTES], NOTES * START)
    with np.errstate(divide="ignore"):
        shares = np.log(weights), log_softmax(told @ gate.T)
    mixed = [-np.logaddexp.reduce(chosen + share, axis=1).mean() for share in shares]
    alone = np.exp(-chosen.mean(axis=0)).tolist()
    return alone, float(np.exp(mixed[0])), float(np.exp(mixed[1])), float(weights[1])


def _uncalibrated(model: Prompted, answers: Answers) -> list[str]:
    raw = np.log(answers.probs) + np.array(model.prior)
    return [model.task.labels[i] for i in raw.argmax(axis=1)]
