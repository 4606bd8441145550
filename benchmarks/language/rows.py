"""The rows of ``python -m benchmarks.language``, each a function that gives its cells."""

from __future__ import annotations

import random
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from benchmarks.data import root
from benchmarks.language.texts import notes, shakespeare
from underdog.combine.decoding.advice import advise
from underdog.combine.decoding.drafts import Lookup
from underdog.combine.decoding.mixture import constant, observed
from underdog.combine.prompted import Prompted
from underdog.core.answer import Answers
from underdog.core.data import Dataset
from underdog.core.language import LanguageModel
from underdog.data.read import sheet_of
from underdog.models.language.causal import Causal
from underdog.models.language.kneser_ney import Table
from underdog.models.language.llama import Llama
from underdog.models.language.ngram import NGram
from underdog.runtime.registry import build

Row = tuple[str, str, str, str]
"""On what, which figure, what was reached, and what was asked for."""

SENTENCES = 100
"""Test sentences."""

NOTES, WEIGHED, START = 10, 6, 96
"""Test notes; notes from which weights are learned; and the tokens of each that are read."""

PROMPTS, WRITTEN = 2, 32
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
    (alone, other), both, _ = _perplexities((Causal(GENERAL), domain), test)
    change = 100 * (both / min(alone, other) - 1)
    reached = f"{alone:.1f}, {other:.1f} -> {both:.1f} ({change:+.0f} %), {seconds:.0f} s to fit"
    return "MTSamples", "perplexity: SmolLM2, 5-grams -> mixture", reached, "-30 %, 60 s"


def useless() -> Row:
    """The perplexity of SmolLM2 mixed with an n-gram model that does not help."""
    domain = NGram(5, GENERAL).fit(shakespeare())
    (alone, _), both, weight = _perplexities((Causal(GENERAL), domain), notes()[1])
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
    texts, gold = zip(*test[:SENTENCES], strict=True)
    recipe = build("fewshot(llama(chat=False), k=8)")
    model = recipe.fit(train)
    start = perf_counter()
    answers = model.answer(texts)
    seconds = perf_counter() - start
    right = np.mean([a == b for a, b in zip(answers.values, gold, strict=True)])
    plain = _uncalibrated(model, answers)
    raw = np.mean([a == b for a, b in zip(plain, gold, strict=True)])
    answered = np.mean([v != "" for v in answers.values])
    rate = len(texts) / seconds
    reached = f"{right:.2f} ({raw:.2f} not calibrated); {100 * answered:.0f} %; {rate:.1f}"
    what = "SmolLM2, 8 shots: accuracy; answered; texts a second"
    return f"SST-2, {SENTENCES} sentences", what, reached, ".70; 100 %; 6"


def copying() -> Row:
    """Speculation by lookup where the completion copies from the prompt."""
    _, test = notes()
    prompts = [
        f"Note: {' '.join(t.split()[:60])}\n\nThe same note again: {' '.join(t.split()[:6])}"
        for t in test
    ]
    return _speculation("prompts to copy from", prompts, "3.5; 15 %")


def open_ended() -> Row:
    """Speculation by lookup where nothing is copied."""
    _, test = notes()
    return _speculation("open prompts", [" ".join(t.split()[:40]) for t in test], "1.3; 15 %")


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
    error = abs(advice.best.speedup / advice.measured - 1)
    reached = f"{advice.measured:.2f} (gamma {advice.best.gamma}); {100 * error:.0f} %"
    return on, "SmolLM2 by lookup: times as fast; the advisor's error", reached, asked


def _perplexities(
    models: tuple[LanguageModel, ...], test: Sequence[str]
) -> tuple[list[float], float, float]:
    """The perplexity of each of two models and of their mixture, and the weight of the second.

    The weight is learned from other notes than those that are judged.
    """
    learned, _ = observed(models, test[:WEIGHED], WEIGHED * START)
    weights = constant(learned)
    chosen, _ = observed(models, test[WEIGHED : WEIGHED + NOTES], NOTES * START)
    with np.errstate(divide="ignore"):
        mixed = np.logaddexp.reduce(chosen + np.log(weights), axis=1)
    return np.exp(-chosen.mean(axis=0)).tolist(), float(np.exp(-mixed.mean())), float(weights[1])


def _uncalibrated(model: Prompted, answers: Answers) -> list[str]:
    raw = np.log(answers.probs) + np.array(model.prior)
    return [model.task.labels[i] for i in raw.argmax(axis=1)]
