"""Rows of ``python -m benchmarks.language`` in which a small model learns from a large one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.data import root
from benchmarks.language.texts import notes, unlabelled
from underdog.combine.decoding.advice import advise
from underdog.combine.decoding.mixture import constant, observed
from underdog.combine.decoding.writers import Sampled
from underdog.core.data import Dataset
from underdog.core.language import LanguageModel
from underdog.data.read import sheet_of
from underdog.models.language.across.bytewise import Bytewise
from underdog.models.language.across.respelled import Respelled
from underdog.models.language.causal import Causal
from underdog.models.language.lm import LM, Trained
from underdog.models.language.on_policy import own_words_loss
from underdog.models.language.top_store import blocks, top_of
from underdog.models.linear.recipe import Linear
from underdog.teach.rewarded import Rewarded

Row = tuple[str, str, str, str]
GENERAL = "smollm2"

READ, TOKENS = 6_000, 60_000
"""Tokens of notes that the teacher reads, and what a student reads of them in all, again and
again."""

JUDGED, START = 6, 96
"""Test notes, and the tokens of each."""

SENTENCES, BYTES = 6, 64
"""Sentences that two tokenizers are compared on, and the bytes of each: a byte is a step of both
models at least.
"""


def distillation() -> Row:
    """A student of less than 12 million weights, with and without SmolLM2's distributions."""
    train, test = notes()
    tokenizer = Causal(GENERAL).tokenizer
    texts, size = [], 0
    for text in map(str, train.texts):
        texts.append(text)
        size += len(tokenizer.encode(text))
        if size > READ:
            break
    data, teacher = unlabelled(texts), Causal(GENERAL)
    alone = LM(tokenizer=GENERAL, width=64, layers=2, length=64, batch=2, tokens=TOKENS)
    kept = replace(alone, teacher=teacher, share=0.9, top=32)
    whole = replace(kept, top=2048)
    students = [recipe.fit(data) for recipe in (alone, kept, whole)]
    chosen, _ = observed((teacher, *students), test[:JUDGED], JUDGED * START)
    ceiling, floor, some, all_of_it = -chosen.mean(axis=0)
    documents = [tokenizer.encode(text) for text in texts]
    rows = blocks(documents, alone.length, tokenizer.end)
    store = top_of(teacher, rows[: alone.used(len(rows)), :-1], 32)
    dense = rows[: alone.used(len(rows)), :-1].size * tokenizer.size * 4
    reached = (
        f"{(floor - some) / (floor - ceiling):.0%} of {np.exp(floor):.0f} -> {np.exp(ceiling):.0f};"
        f" {store.nbytes / dense:.2%}; {(floor - some) / (floor - all_of_it):.0%}"
    )
    what = (
        f"student of {students[0].size / 1e6:.1f} M weights: share of the gap closed; bytes of"
        " the top 32 of dense; share of the gain of the top 2,048"
    )
    return "MTSamples", what, reached, "25 %; 2 %; 95 %"


def on_policy() -> Row:
    """A student over bytes that is corrected where it writes, beside one that only reads."""
    train, _ = notes()
    data = train.take(range(120))
    teacher = LM(width=128, layers=3, length=64, tokens=120_000).fit(data)
    reads = LM(width=32, layers=1, length=64, tokens=60_000, teacher=teacher, share=1.0)
    writes = replace(reads, on_policy=0.5, divergence="reverse")
    apart = [_excess(recipe.fit(data), teacher, data) for recipe in (reads, writes)]
    reached = (
        f"{apart[0]:.3f} -> {apart[1]:.3f} nats a byte ({100 * (apart[1] / apart[0] - 1):+.0f} %)"
    )
    what = (
        "forward KL alone -> reverse KL, half on its own texts: divergence from the teacher on own"
        " samples"
    )
    return "MTSamples, bytes", what, reached, "-20 %"


def _excess(student: Trained, teacher: LanguageModel, data: Dataset) -> float:
    """The mean divergence of ``student`` from its teacher, in nats, on what the student writes."""
    import torch

    documents = [student.tokenizer.encode(str(text)) for text in data.texts[:40]]
    rows = blocks(documents, 64, student.tokenizer.end)[:64]
    with torch.no_grad():
        body: Any = student._body
        return float(own_words_loss(body, rows, teacher, "reverse", 7).item())


def apart() -> Row:
    """SmolLM2 and Gemma, whose vocabularies differ, mixed byte by byte."""
    models = (Bytewise(Causal(GENERAL)), Bytewise(Causal("gemma3")))
    texts = [str(text)[:BYTES] for text in _sentences().texts[:SENTENCES]]
    half = SENTENCES // 2
    learned, _ = observed(models, texts[:half], half * BYTES)
    chosen, _ = observed(models, texts[half:], half * BYTES)
    with np.errstate(divide="ignore"):
        mixed = -np.logaddexp.reduce(chosen + np.log(constant(learned)), axis=1).mean()
    one, other = -chosen.mean(axis=0)
    change = 100 * (mixed / min(one, other) - 1)
    reached = f"{one:.3f}, {other:.3f} -> {mixed:.3f} nats a byte ({change:+.1f} %)"
    about = f"{SENTENCES} beginnings of sentences"
    return about, "SmolLM2, Gemma -> both, byte by byte", reached, "printed"


def strange_draft() -> Row:
    """Gemma drafts for SmolLM2: what it would gain, by the advisor."""
    target = Causal(GENERAL)
    prompts = [target.tokenizer.encode(" ".join(t.split()[:30])) for t in notes()[1][:1]]
    advice = advise(target, Respelled(Causal("gemma3"), GENERAL), prompts, 16)
    reached = f"{advice.best.speedup:.2f} predicted, {advice.measured:.2f} measured"
    what = "SmolLM2 with drafts by Gemma, another tokenizer: times as fast"
    return "open prompts", what, reached, "printed"


def rewarded() -> Row:
    """A policy on SmolLM2 that is rewarded for positive texts; another classifier judges."""
    data = _sentences()
    half = len(data) // 2
    judge = Linear().fit(data.take(range(half, len(data))))
    base = Causal(GENERAL)
    recipe = Rewarded(base, "positive", steps=30, length=10, rate=5e-3)
    steered = recipe.fit(data.take(range(half)))
    begun = [" ".join(str(text).split()[:5]) for text in data.texts[half : half + 40]]
    shares, surprise = [], []
    for model in (base, steered):
        wrote = Sampled(model, 10, temperature=1.0).answer(begun).values
        texts = [a + b for a, b in zip(begun, wrote, strict=True)]
        shares.append(100 * np.mean([y == "positive" for y in judge.answer(texts).values]))
        surprise.append(float(np.exp(-observed((base,), texts, 24 * len(texts))[0].mean())))
    reached = (
        f"{shares[0]:.0f} -> {shares[1]:.0f} %; {100 * (surprise[1] / surprise[0] - 1):+.0f} %"
    )
    what = "rewarded policy on SmolLM2: positive continuations; perplexity by SmolLM2"
    return "40 sentences begun", what, reached, "printed"


def _sentences() -> Dataset:
    """Sentences of SST-2 with their sentiment, in the order of the file."""
    place = root() / "sst2" / "sst2.csv"
    sheet = sheet_of(str(place)).columns
    names = {"0": "negative", "1": "positive", "0.0": "negative", "1.0": "positive"}
    rows = list(zip(sheet["text"], sheet["label"], strict=True))[:2000]
    return Dataset.of([str(t) for t, _ in rows], [names[str(y)] for _, y in rows])


ROWS = {f.__name__: f for f in (on_policy, distillation, apart, strange_draft, rewarded)}
"""By name."""
